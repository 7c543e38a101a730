"""The form of a job: submitting one, and changing its name and options."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from jobs import rules
from jobs.models import QUALITY_FLAGS, Job
from snapplatform.access.admin.writing import ServiceForm
from snapplatform.errors import InvalidValue

MAX_NAME = 128
AUTOSTART = (
    "On: the job starts now, and if nobody publishes its stream it waits for it. "
    "Off: it starts now only if the stream is live at this moment; else you start it by hand later."
)


class JobForm(ServiceForm):
    skip_flags = forms.MultipleChoiceField(
        label="Skip pictures that are",
        choices=[(flag, flag) for flag in QUALITY_FLAGS],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Such pictures are not stored; they count as skipped.",
    )

    class Meta:
        model = Job
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" in self.fields and self.instance._state.adding:
            self.fields["name"].required = False
            self.fields["name"].help_text = "Empty: the names of the stream and the template."
        if "autostart" in self.fields:
            self.fields["autostart"].help_text = AUTOSTART

    def examine(self, data: dict[str, Any]) -> list[InvalidValue]:
        own = {name: value for name, value in data.items() if name != "name" or value}
        return rules.examine(own).found

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("name") and data.get("stream") and data.get("template"):
            data["name"] = f"{data['stream']} · {data['template']}"[:MAX_NAME]
        return data
