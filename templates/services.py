"""Writing side of templates. Changes reach running jobs at their next tick."""

from typing import Any

from django.db import IntegrityError, transaction

from snapplatform import clock
from snapplatform.access.permissions import require
from snapplatform.access.principal import Principal
from snapplatform.dependants import in_use
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
    """Change any of FIELDS. Nobody can change a system template."""
    template = get_template(principal=principal, template_id=template_id, action="snap:UpdateTemplate")
    if problem := _system(template):
        raise problem
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
    if problem := why_in_use(template):
        raise problem
    try:
        with transaction.atomic():
            template.delete()
    except IntegrityError as error:  # a job came between the look and the deletion
        raise why_in_use(template) or InUse("template", template.name, "jobs") from error


def why_in_use(template: Template) -> InUse | None:
    """Why the template can't be deleted now, if so."""
    return _system(template) or in_use(template, template.name)


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    for name in fields:
        if name not in FIELDS:
            raise InvalidValue(name, "no such parameter")
    return fields


def _system(template: Template) -> InUse | None:
    if template.kind != Template.Kind.SYSTEM:
        return None
    return InUse("template", template.name, "the platform", cure="Nobody can change a system template.")
