"""Buttons and list actions of the admin: each a service call, posted, answered by a message or a page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from snapplatform.access.admin.scoping import AccountScopedAdmin
from snapplatform.access.principal import Principal
from snapplatform.errors import SnapError


@dataclass(frozen=True, slots=True)
class Shown:
    """A page that appears once, in answer to a POST: secrets are in no URL, session or log."""

    title: str
    intro: str
    values: list[tuple[str, str]]
    back: str


@dataclass(frozen=True, slots=True)
class Verb:
    """Something to do with a row: a button on its page and, if `many`, an action of the list.

    `act(principal, row)` calls a service; it may answer with a page to show.
    """

    name: str
    label: str
    icon: str
    done: str
    act: Callable[[Principal, Any], object]
    shown: Callable[[Any], bool] = lambda obj: True
    tone: str = "default"
    many: bool = True


class VerbsAdmin(AccountScopedAdmin):
    """Gives each of `verbs` its address, its button and its list action."""

    verbs: tuple[Verb, ...] = ()
    deletes_many = False

    def page(self, name: str, *args: object) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_verb"
        view = self.admin_site.admin_view(self.verb_view)
        return [path("<str:object_id>/do/<slug:verb>/", view, name=name), *super().get_urls()]

    def verb_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """What a button posts to. A GET changes nothing, so that no link on some page can."""
        wanted = next((item for item in self.verbs if item.name == verb), None)
        obj = self.get_object(request, object_id)
        if obj is None or wanted is None or not self.within(request, obj):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            answer = wanted.act(self.principal(request, obj), obj)
        except SnapError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(self.page("change", obj.pk))
        self.log_change(request, obj, wanted.done.capitalize())
        if isinstance(answer, Shown):
            return self.show_once(request, answer)
        messages.success(request, f"{str(self.opts.verbose_name).capitalize()} {obj}: {wanted.done}.")
        return HttpResponseRedirect(self.page("change", obj.pk))

    def show_once(self, request: HttpRequest, what: Shown) -> HttpResponse:
        """The admin marks all its pages no-store, so no cache and no way back keeps this one."""
        context = {
            **self.admin_site.each_context(request),
            "title": what.title,
            "shown": what,
            "opts": self.opts,
        }
        return TemplateResponse(request, "web/shown_once.html", context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if not self.deletes_many:
            actions.pop("delete_selected", None)
        for verb in self.verbs:
            if verb.many:
                label = f"{verb.label} selected {self.opts.verbose_name_plural}"
                actions[verb.name] = (_for_many(verb), verb.name, label)
        return actions

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        try:
            response: HttpResponse | None = super().response_action(request, queryset)
        except SnapError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context["show_save_and_add_another"] = False
        if kwargs.get("add") and self.add_label:
            context["title"] = self.add_label
            context["submit_label"] = self.add_label.split()[0]
        context["show_save_and_continue"] = bool(kwargs.get("change"))
        if obj is not None and obj.pk:
            context["buttons"] = [
                {"verb": verb, "url": self.page("verb", obj.pk, verb.name)}
                for verb in self.verbs
                if verb.shown(obj)
            ]
            context["panel"] = self.panel(request, obj)
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    def panel(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the head of a row's page shows besides its fields."""
        return {}


def _for_many(verb: Verb) -> Callable[[VerbsAdmin, HttpRequest, QuerySet[Any]], None]:
    """The list action of a verb: each row by itself, so that one refusal stops no other."""

    def act(modeladmin: VerbsAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        done = 0
        for obj in queryset:
            try:
                verb.act(modeladmin.principal(request, obj), obj)
            except SnapError as error:
                messages.warning(request, f"{obj}: {error}")
            else:
                modeladmin.log_change(request, obj, verb.done.capitalize())
                done += 1
        if done:
            name = modeladmin.opts.verbose_name if done == 1 else modeladmin.opts.verbose_name_plural
            messages.success(request, f"{done} {name} {verb.done}.")

    return act
