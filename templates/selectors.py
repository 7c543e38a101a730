"""Reading side of templates."""

from django.db.models import QuerySet

from snapplatform.access.permissions import require
from snapplatform.access.principal import Principal
from snapplatform.errors import TemplateNotFound
from snapplatform.ids import parse_id
from templates.models import Template


def list_templates(*, principal: Principal) -> QuerySet[Template]:
    require(principal, "snap:ListTemplates", "template")
    return Template.objects.filter(account=principal.account_id)


def get_template(*, principal: Principal, template_id: object, action: str = "snap:GetTemplate") -> Template:
    """One template by id. Raises TemplateNotFound, for a foreign id too."""
    require(principal, action, "template", template_id)
    template = Template.objects.filter(pk=parse_id(template_id), account=principal.account_id).first()
    if template is None:
        raise TemplateNotFound(id=str(template_id))
    return template
