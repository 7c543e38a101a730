"""How the admin writes: through the services, whose refusals appear at the form's fields or as messages."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import unquote
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from snapplatform.access.admin.scoping import person, several_accounts
from snapplatform.access.admin.verbs import Shown, VerbsAdmin
from snapplatform.access.principal import Principal, principal_of
from snapplatform.errors import InvalidValue, InvalidValues, SnapError

# What one request carries between the steps of Django's form view.
_REFUSAL = "snapplatform.refusal"
_SHOWN = "snapplatform.shown"


class ServiceForm(forms.ModelForm):
    """A form that shows what a service refuses, at the fields it names.

    Fields that can't be read keep the form from the service; the others are then judged by `examine`, so that
    a person learns of all mistakes at once.
    """

    refusal: SnapError | None = None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        found = reasons(self.refusal) or [(item.parameter, item.reason) for item in self.examine(data)]
        for name, reason in found:
            if name in self.errors:
                continue
            if name in self.fields:
                self.add_error(name, reason)
            else:
                self.add_error(None, f"{name}: {reason}" if name else reason)
        return data

    def examine(self, data: dict[str, Any]) -> list[InvalidValue]:
        """What the domain refuses of the fields that could be read, named as this form names them."""
        return []


class ServicedAdmin(VerbsAdmin):
    """Rows that services own. Subclasses say create(), update(), remove(); Django's saving is never used."""

    form = ServiceForm

    def create(self, principal: Principal, data: dict[str, Any]) -> models.Model | tuple[models.Model, Shown]:
        """Call the service that makes a row; with a page to show once where a secret was made."""
        raise NotImplementedError

    def update(self, principal: Principal, obj: Any, changes: dict[str, Any]) -> object:
        raise NotImplementedError

    def remove(self, principal: Principal, obj: Any) -> object:
        raise NotImplementedError

    def account_for(self, request: HttpRequest, data: dict[str, Any]) -> int:
        """The account that a new row goes to: the chosen one for who may choose, else one's own."""
        chosen = data.get("account")
        return int(chosen.pk if chosen is not None else person(request).account_id)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        data = form.cleaned_data
        if change:
            changes = {name: data[name] for name in form.changed_data if name in data}
            if changes:
                self.update(self.principal(request, obj), obj, changes)
        else:
            principal = principal_of(person(request)).acting_in(self.account_for(request, data))
            made = self.create(principal, {name: value for name, value in data.items() if name != "account"})
            row, request.META[_SHOWN] = made if isinstance(made, tuple) else (made, None)
            obj.pk = row.pk
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if shown := request.META[_SHOWN]:
            return self.show_once(request, shown)
        if "_popup" in request.POST:
            response: HttpResponse = super().response_add(request, obj, post_url_continue)
            return response
        messages.success(request, f"{str(self.opts.verbose_name).capitalize()} {obj} was added.")
        return HttpResponseRedirect(self.page("change", obj.pk))  # where its next step is

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except SnapError as error:
            if request.method != "POST":
                raise
            request.META[_REFUSAL] = error  # the same form again, now invalid for the service's reasons
            response = super().changeform_view(request, object_id, form_url, extra_context)
        return response

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": request.META.get(_REFUSAL)})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Who sees several accounts also sees, and chooses for a new row, the account."""
        sets = [(name, dict(options)) for name, options in super().get_fieldsets(request, obj)]
        if self.shows_account(request):
            sets[0][1]["fields"] = (*sets[0][1]["fields"], "account")
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        return [*fields, "account"] if obj is not None and self.shows_account(request) else fields

    def shows_account(self, request: HttpRequest) -> bool:
        return self.account_path == "account" and several_accounts(request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"account": person(request).account_id, **super().get_changeform_initial_data(request)}

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(self.principal(request, obj), obj)

    def obstacle(self, obj: Any) -> SnapError | None:
        """Why the row can't be deleted now, if so."""
        return None

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: str) -> HttpResponse:
        """Back to the list, filtered as it was. Django sends who may not also change to the dashboard."""
        messages.success(request, f"{str(self.opts.verbose_name).capitalize()} {obj_display} was deleted.")
        kept = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return HttpResponseRedirect(add_preserved_filters(kept, self.page("changelist")))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id)) if request.method == "GET" else None
        if obj is not None and self.has_delete_permission(request, obj) and (why := self.obstacle(obj)):
            return self._say_it_stays(request, obj, why)
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except SnapError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(self.page("change", object_id))
        return response

    def _say_it_stays(self, request: HttpRequest, obj: Any, why: SnapError) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"This {self.opts.verbose_name} can't be deleted now",
            "reason": str(why),
            "back": self.page("change", obj.pk),
            "object": obj,
            "opts": self.opts,
        }
        return TemplateResponse(request, "web/stays.html", context)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What the confirmation lists. Django's own walk would load every picture of a job."""
        rows = list(objs)
        counts = {str(self.opts.verbose_name_plural): len(rows), **self.deleted_with(rows)}
        return [str(row) for row in rows], counts, set(), []

    def deleted_with(self, rows: list[Any]) -> dict[str, int]:
        """How much else goes with the rows, by name."""
        return {}


def reasons(error: SnapError | None) -> list[tuple[str, str]]:
    """The parameters an error names, with what is wrong with each; "" where it names none."""
    if error is None:
        return []
    if isinstance(error, InvalidValues):
        return [(problem.parameter, problem.reason) for problem in error.problems]
    if isinstance(error, InvalidValue):
        return [(error.parameter, error.reason)]
    return [("", str(error))]
