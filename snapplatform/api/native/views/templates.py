"""Templates."""

from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from snapplatform.api.native.base import NativeView, many
from snapplatform.api.native.pagination import Order
from snapplatform.api.native.schema import operation
from snapplatform.api.native.serializers.common import page_of
from snapplatform.api.native.serializers.templates import (
    TemplateChange,
    TemplateIn,
    TemplateOut,
    TemplateQuery,
)
from templates import selectors, services

TEMPLATES = Order("templates")


class TemplatesView(NativeView):
    queries = {"get": TemplateQuery}

    @operation("listTemplates", "List templates, newest first", answer=page_of(TemplateOut))
    def get(self, request: Request) -> Response:
        rows = selectors.list_templates(principal=self.principal)
        if "search" in self.query:
            rows = rows.filter(name__icontains=self.query["search"])
        return self.page(rows, TEMPLATES, partial(many, TemplateOut))

    @operation("createTemplate", "Make a template", request=TemplateIn, answer=TemplateOut, status=201)
    def post(self, request: Request) -> Response:
        template = services.create_template(principal=self.principal, **self.body(TemplateIn))
        return Response(TemplateOut(template).data, status=201)


class TemplateView(NativeView):
    @operation("getTemplate", "Get a template", answer=TemplateOut, problems=("template-not-found",))
    def get(self, request: Request, template_id: str) -> Response:
        template = selectors.get_template(principal=self.principal, template_id=template_id)
        return Response(TemplateOut(template).data)

    @operation(
        "updateTemplate",
        "Change a template",
        request=TemplateChange,
        answer=TemplateOut,
        problems=("template-not-found", "in-use"),
    )
    def patch(self, request: Request, template_id: str) -> Response:
        changes = self.body(TemplateChange, partial=True)
        template = services.update_template(principal=self.principal, template_id=template_id, **changes)
        return Response(TemplateOut(template).data)

    @operation(
        "deleteTemplate",
        "Delete a template that no job uses",
        answer=None,
        status=204,
        problems=("template-not-found", "in-use"),
    )
    def delete(self, request: Request, template_id: str) -> Response:
        services.delete_template(principal=self.principal, template_id=template_id)
        return Response(status=204)
