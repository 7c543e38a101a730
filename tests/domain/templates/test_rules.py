"""What a template may say, and what the refusal says."""

import pytest

from jobs.services import submit_job
from snapplatform.errors import InUse, InvalidValue, InvalidValues, TemplateNotFound
from snapplatform.streams.services import ensure_stream
from templates.models import Template
from templates.services import create_template, delete_template, update_template

GOOD = {"name": "t", "interval_ms": 5000, "sequence_format": "snapshot/{JobId}/{UnixTimestamp}.jpg"}


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("name", "", "empty"),
        ("name", "x" * 129, "128"),
        ("name", "a\0b", "control"),
        ("name", "\ud800", "invalid"),
        ("interval_ms", 499, "500"),
        ("interval_ms", 3_600_001, "3600000"),
        ("interval_ms", True, "whole"),
        ("interval_ms", 5000.5, "whole"),
        ("interval_ms", 2**70, "3600000"),
        ("sequence_format", "/a/{Sequence}.jpg", "start with /"),
        ("sequence_format", "a/{Sequence}.png", ".jpg"),
        ("sequence_format", "a/b.jpg", "{UnixTimestamp} or {Sequence}"),
        ("sequence_format", "a/{Secret}-{Sequence}.jpg", "{Secret}"),
        ("sequence_format", "a/{JobId.account}{Sequence}.jpg", "{JobId.account}"),
        ("sequence_format", "../{Sequence}.jpg", "'..'"),
        ("sequence_format", "a//{Sequence}.jpg", "empty parts"),
        ("sequence_format", "a\\{Sequence}.jpg", "backslashes"),
        ("overwrite_format", "{Sequence}.jpg", "{Sequence}"),
        ("overwrite_format", "x" * 252 + ".jpg", "255"),
        ("image_format", "gif", "jpeg, png, webp"),
        ("quality", 0, "1 to 100"),
        ("quality", 101, "1 to 100"),
        ("width", 15, "16"),
        ("height", 8193, "8192"),
        ("capture", "latest", "keyframe, exact"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_reason(principal, field, value, word):
    with pytest.raises(InvalidValue) as refusal:
        create_template(principal=principal, **{**GOOD, field: value})
    assert refusal.value.parameter == field
    assert word in refusal.value.reason
    assert not Template.objects.exists()


def test_several_mistakes_are_told_at_once(principal):
    with pytest.raises(InvalidValues) as refusal:
        create_template(principal=principal, name="", interval_ms=1, quality=0)
    assert {item.parameter for item in refusal.value.problems} == {
        "name",
        "interval_ms",
        "quality",
        "overwrite_format",
    }


def test_an_unknown_parameter_is_refused(principal):
    with pytest.raises(InvalidValue, match="no such parameter"):
        create_template(principal=principal, **GOOD, colour="red")


def test_an_update_changes_only_what_it_names(principal):
    template = create_template(principal=principal, **GOOD)
    changed = update_template(principal=principal, template_id=template.pk, interval_ms=9000)
    assert (changed.interval_ms, changed.name, changed.sequence_format) == (
        9000,
        "t",
        GOOD["sequence_format"],
    )
    assert changed.modified_at > template.modified_at


def test_a_foreign_template_does_not_exist(principal, other_principal):
    template = create_template(principal=principal, **GOOD)
    for call in (update_template, delete_template):
        with pytest.raises(TemplateNotFound):
            call(principal=other_principal, template_id=template.pk)
    assert Template.objects.filter(pk=template.pk).exists()


def test_a_template_in_use_cannot_be_deleted(principal, bucket):
    template = create_template(principal=principal, **GOOD)
    stream, _ = ensure_stream(account_id=principal.account_id, name="cam")
    submit_job(principal=principal, name="j", template=template, stream=stream, bucket=bucket)
    with pytest.raises(InUse, match="jobs"):
        delete_template(principal=principal, template_id=template.pk)


def test_system_templates_cannot_be_changed(principal):
    template = create_template(principal=principal, **GOOD)
    Template.objects.filter(pk=template.pk).update(kind="system")
    with pytest.raises(InUse, match="system"):
        update_template(principal=principal, template_id=template.pk, interval_ms=9000)
    with pytest.raises(InUse, match="system"):
        delete_template(principal=principal, template_id=template.pk)
