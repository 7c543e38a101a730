"""Writing side of templates. Changes reach running jobs at their next tick."""

from typing import Any

from django.db import IntegrityError, transaction

from snapplatform import clock
from snapplatform.access.permissions import require
from snapplatform.access.principal import Principal
from snapplatform.errors import InUse, InvalidValue
from templates import rules
from templates.models import Template
from templates.selectors import get_template

FIELDS = (
    "name",
    "interval_ms",
    "overwrite_format",
    "sequence_format",
    "image_format",
    "quality",
    "width",
    "height",
    "capture",
)


def create_template(*, principal: Principal, **fields: Any) -> Template:
    """A new custom template with any of FIELDS. Raises InvalidValue or InvalidValues."""
    require(principal, "snap:CreateTemplate", "template")
    template = Template(account_id=principal.account_id, **_known(fields))
    rules.check(template)
    template.save(force_insert=True)
    return template


def update_template(*, principal: Principal, template_id: object, **changes: Any) -> Template:
    """Change any of FIELDS. System templates can't be changed."""
    template = get_template(principal=principal, template_id=template_id, action="snap:UpdateTemplate")
    _refuse_system(template)
    changes = _known(changes)
    for name, value in changes.items():
        setattr(template, name, value)
    rules.check(template)
    Template.objects.filter(pk=template.pk).update(**changes, modified_at=clock.now())
    template.refresh_from_db()
    return template


def delete_template(*, principal: Principal, template_id: object) -> None:
    """Delete a custom template that no job uses. Raises InUse."""
    template = get_template(principal=principal, template_id=template_id, action="snap:DeleteTemplate")
    _refuse_system(template)
    try:
        with transaction.atomic():
            template.delete()
    except IntegrityError as error:
        raise InUse("template", str(template_id), "jobs") from error


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    for name in fields:
        if name not in FIELDS:
            raise InvalidValue(name, "no such parameter")
    return fields


def _refuse_system(template: Template) -> None:
    if template.kind == Template.Kind.SYSTEM:
        raise InUse("template", str(template.pk), "the platform: system templates can't be changed")
