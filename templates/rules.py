"""What a template may say: ICE's rules for names and intervals, widened (0.5 s, PNG, WebP, sizes)."""

from snapplatform import checks
from snapplatform.errors import InvalidValue
from snapplatform.storage import names
from templates.models import Template

MIN_INTERVAL_MS = 500
MAX_INTERVAL_MS = 3_600_000
MIN_SIDE, MAX_SIDE = 16, 8192
SUFFIXES = {"jpeg": (".jpg", ".jpeg"), "png": (".png",), "webp": (".webp",)}


def check(template: Template) -> None:
    """Raise InvalidValue or InvalidValues unless the template may be saved."""
    problems = checks.Problems()
    with problems.of():
        checks.text("name", template.name, shortest=1, longest=128)
    with problems.of():
        checks.number("interval_ms", template.interval_ms, low=MIN_INTERVAL_MS, high=MAX_INTERVAL_MS)
    with problems.of():
        checks.choice("image_format", template.image_format, list(SUFFIXES))
    with problems.of():
        checks.number("quality", template.quality, low=1, high=100)
    for side in ("width", "height"):
        with problems.of():
            if getattr(template, side) is not None:
                checks.number(side, getattr(template, side), low=MIN_SIDE, high=MAX_SIDE)
    with problems.of():
        checks.choice("capture", template.capture, list(Template.Capture.values))
    with problems.of():
        _check_formats(template)
    problems.raise_any()


def _check_formats(template: Template) -> None:
    suffixes = SUFFIXES.get(str(template.image_format), (".jpg",))
    for parameter in ("overwrite_format", "sequence_format"):
        checks.text(parameter, getattr(template, parameter), longest=names.MAX_FORMAT)
    if not template.overwrite_format and not template.sequence_format:
        raise InvalidValue("overwrite_format", "give overwrite_format, sequence_format or both")
    if template.overwrite_format:
        names.check_format(
            "overwrite_format", template.overwrite_format, allowed={"JobId"}, suffixes=suffixes
        )
    if template.sequence_format:
        names.check_format(
            "sequence_format",
            template.sequence_format,
            allowed=names.PLACEHOLDERS,
            suffixes=suffixes,
            needs=("UnixTimestamp", "Sequence"),
        )
