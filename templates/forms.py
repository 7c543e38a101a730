"""The form of a template, whose interval is written in seconds."""

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from snapplatform.access.admin.writing import ServiceForm
from snapplatform.errors import InvalidValue
from templates import rules
from templates.models import Template

LOW, HIGH = Decimal(rules.MIN_INTERVAL_MS) / 1000, Decimal(rules.MAX_INTERVAL_MS) / 1000
_RANGE = f"must be from {LOW:g} to {HIGH:g} seconds"


class TemplateForm(ServiceForm):
    interval = forms.DecimalField(
        label="Interval (seconds)",
        min_value=LOW,
        max_value=HIGH,
        decimal_places=3,
        error_messages={"min_value": _RANGE, "max_value": _RANGE},
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}),
        help_text=f"A picture every so many seconds: {LOW:g} to {HIGH:g}, like 5 or 0.5.",
    )

    class Meta:
        model = Template
        exclude = ("interval_ms",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["interval"] = Decimal(self.instance.interval_ms) / 1000

    def examine(self, data: dict[str, Any]) -> list[InvalidValue]:
        return rules.examine(for_services(data)).found


def for_services(data: dict[str, Any]) -> dict[str, Any]:
    """The form's values as services take them: the interval in whole milliseconds."""
    values = dict(data)
    if (interval := values.pop("interval", None)) is not None:
        values["interval_ms"] = int(interval * 1000)
    return values
