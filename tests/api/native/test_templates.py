"""/templates: intervals in seconds, formats checked in words."""

from typing import Any

import pytest

from templates.models import Template
from tests.api.native.client import Api, problem, wrong

GOOD = {"name": "five", "interval": 5, "sequence_format": "{JobId}/{UnixTimestamp}.jpg"}


def test_create_and_get(api: Api):
    response = api.post("templates", GOOD)
    assert response.status_code == 201
    body = response.json()
    assert body["interval"] == 5 and body["image_format"] == "jpeg" and body["quality"] == 85
    assert body["capture"] == "keyframe" and body["width"] is None and body["kind"] == "custom"
    assert api.get(f"templates/{body['id']}").json() == body


@pytest.mark.parametrize(
    ("interval", "kept"), [(0.5, 500), (3600, 3_600_000), (1.25, 1250), (2.0004, 2000), (0.1 + 0.7, 800)]
)
def test_interval_is_decimal_seconds(api: Api, interval: float, kept: int):
    body = api.post("templates", {**GOOD, "interval": interval}).json()
    assert Template.objects.get(pk=body["id"]).interval_ms == kept
    assert body["interval"] == kept / 1000


@pytest.mark.parametrize("interval", [0, 0.4, -1, 3600.1, 10**17, 1e300, "5", None, True, [5]])
def test_bad_interval_says_what_would_be_right(api: Api, interval: Any):
    assert wrong(api.post("templates", {**GOOD, "interval": interval}))["interval"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sequence_format", "{JobId}.jpg"),
        ("sequence_format", "{UnixTimestamp}.png"),
        ("sequence_format", "{JobId.account}/{Sequence}.jpg"),
        ("sequence_format", "../{Sequence}.jpg"),
        ("sequence_format", ""),
        ("overwrite_format", "{Date}.jpg"),
        ("overwrite_format", "x" * 256 + ".jpg"),
        ("name", ""),
        ("name", "x" * 129),
        ("name", "a\nb"),
        ("image_format", "gif"),
        ("quality", 0),
        ("quality", 101),
        ("quality", 85.0),
        ("width", 15),
        ("height", 8193),
        ("capture", "sometimes"),
    ],
)
def test_each_bad_value_is_named(api: Api, field: str, value: Any):
    found = wrong(api.post("templates", {**GOOD, field: value}))
    assert field in found or "overwrite_format" in found  # without any format, the first one is named


def test_pictures_of_other_kinds(api: Api):
    body = {**GOOD, "sequence_format": "{Date}/{Sequence}.webp", "image_format": "webp", "width": 640}
    assert api.post("templates", body).json()["image_format"] == "webp"


def test_patch(api: Api, template: Template):
    body = api.patch(f"templates/{template.pk}", interval=0.5, name="fast").json()
    assert (body["interval"], body["name"], body["quality"]) == (0.5, "fast", 85)
    assert "interval" in wrong(api.patch(f"templates/{template.pk}", interval=0.1))
    assert wrong(api.patch(f"templates/{template.pk}", kind="system")) == {"kind": "no such parameter"}


def test_search(api: Api, template: Template):
    assert [item["id"] for item in api.get("templates", search="EVERY").json()["items"]] == [str(template.pk)]
    assert api.get("templates", search="nothing").json()["items"] == []


def test_delete(api: Api, template: Template):
    assert api.delete(f"templates/{template.pk}").status_code == 204
    problem(api.get(f"templates/{template.pk}"), 404, "template-not-found")


def test_template_in_use_stays(api: Api, job):
    problem(api.delete(f"templates/{job.template_id}"), 409, "in-use")


def test_system_template_stays_as_it_is(api: Api, template: Template):
    Template.objects.filter(pk=template.pk).update(kind="system")
    problem(api.patch(f"templates/{template.pk}", name="x"), 409, "in-use")
    problem(api.delete(f"templates/{template.pk}"), 409, "in-use")
