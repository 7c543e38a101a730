"""Snippets of HTML that the admins of all apps share: badges, ages, thumbnails, copy buttons.

Everything goes through format_html, so that names which people chose can't become markup.
"""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from snapplatform import clock

NOTHING = format_html('<span class="snap-none">{}</span>', "–")
_DOT = format_html('<span class="snap-sep">{}</span>', "·")
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")
_FULL = 1000
_MUCH = 0.85


def badge(text: object, tone: str = "plain", *, title: str = "", dot: bool = False) -> SafeString:
    """A small label. Tones: live, good, wait, bad, info, plain (admin.css). `dot` puts a light before it."""
    light = format_html('<i class="{}"></i>', "snap-dot") if dot else ""
    return format_html('<span class="snap-badge snap-{}" title="{}">{}{}</span>', tone, title, light, text)


def badges(texts: Iterable[object], tone: str = "wait") -> SafeString:
    """Several labels in a row; empty when there are none."""
    return format_html_join(" ", "{}", ((badge(text, tone),) for text in texts))


def live_badge(live: bool) -> SafeString:
    return badge("LIVE", "live", dot=True) if live else badge("OFFLINE")


def exact(at: datetime | None) -> str:
    """The time to the second, always with its zone."""
    return f"{at:%Y-%m-%d %H:%M:%S} {at.tzname() or 'UTC'}" if at else ""


def age(at: datetime | None, *, now: datetime | None = None) -> SafeString:
    """How long ago (or ahead), with the exact time and zone in the tooltip."""
    if at is None:
        return NOTHING
    seconds = ((now or clock.now()) - at).total_seconds()
    words = f"{span(seconds)} ago" if seconds >= 0 else f"in {span(-seconds)}"
    if abs(seconds) < 1:
        words = "just now"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact(at), words)


def lasting(since: datetime) -> SafeString:
    """For how long, with the exact beginning in the tooltip."""
    words = f"for {span((clock.now() - since).total_seconds())}"
    return format_html('<time datetime="{}" title="{}">{}</time>', since.isoformat(), exact(since), words)


def moment(at: datetime | None) -> SafeString:
    """The exact time with its zone, and the age behind it."""
    if at is None:
        return NOTHING
    return format_html(
        '<span class="snap-moment">{} <span class="snap-faint">({})</span></span>', exact(at), age(at)
    )


def span(seconds: float) -> str:
    """A length of time in one unit: "40 s", "3 min", "2 h", "5 d"."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "0 s"


def interval(milliseconds: int) -> str:
    """How often, in words: "every second", "every 0.5 s", "every 2 min"."""
    if milliseconds == _FULL:
        return "every second"
    for size, unit in ((3_600_000, "h"), (60_000, "min")):
        if milliseconds % size == 0:
            count = milliseconds // size
            return f"every {count} {unit}" if count > 1 else f"every {'hour' if unit == 'h' else 'minute'}"
    return f"every {milliseconds / _FULL:g} s"


def size(count: int | None) -> str:
    """Bytes in words, powers of 1000: "14.2 MB"."""
    amount = float(count or 0)
    for unit in _SIZES:
        if amount < _FULL or unit == _SIZES[-1]:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= _FULL
    raise AssertionError("the last unit always fits")


def days(count: int | None, *, otherwise: str) -> str:
    if not count:
        return otherwise
    return "1 day" if count == 1 else f"{count} days"


def delay(milliseconds: int) -> str:
    """A short delay: "48 ms", "1.2 s"."""
    return f"{milliseconds} ms" if abs(milliseconds) < _FULL else f"{milliseconds / _FULL:.1f} s"


def meter(share: float, words: object) -> SafeString:
    """A bar that is full at 1, with words below it; from 0.85 on in the colour of what needs attention."""
    tone = "wait" if share >= _MUCH else "good"
    return format_html(
        '<span class="snap-two"><span class="snap-meter snap-meter-{}"><i style="width:{}%"></i></span>'
        '<span class="snap-faint">{}</span></span>',
        tone, round(100 * min(max(share, 0.0), 1.0)), words,
    )  # fmt: skip


def resolution(width: int | None, height: int | None) -> str:
    return f"{width}×{height}" if width and height else ""


def facts(*texts: str) -> SafeString:
    """The non-empty texts, joined by dots; for cells that gather several small facts."""
    shown = [(text,) for text in texts if text]
    if not shown:
        return NOTHING
    return format_html("<span>{}</span>", format_html_join(_DOT, "{}", shown))


def stacked(first: object, second: object) -> SafeString:
    """Two lines in a cell: the thing, and what is said about it in a quieter voice."""
    return format_html(
        '<span class="snap-two"><span>{}</span><span class="snap-faint">{}</span></span>', first, second
    )


def page_link(obj: object, text: object = "") -> SafeString:
    """A link to the admin page of a row."""
    meta = obj._meta  # type: ignore[attr-defined]  # rows only; spelled so to know no model here
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=(obj.pk,))  # type: ignore[attr-defined]
    return format_html('<a class="snap-link" href="{}">{}</a>', url, text or obj)


def copyable(text: str, *, label: str = "") -> SafeString:
    """Text in a box with a button that copies it (admin.js listens for data-copy)."""
    caption = format_html('<span class="snap-copy-label">{}</span>', label) if label else ""
    return format_html(
        '<span class="snap-copy">{}<code>{}</code><button type="button" data-copy="{}" title="Copy">'
        '<span class="material-symbols-outlined" aria-hidden="true">content_copy</span></button></span>',
        caption, text, text,
    )  # fmt: skip


def thumbnail(url: str, *, alt: str, href: str = "", large: bool = False) -> SafeString:
    """A picture at list size; the browser loads it when it comes into view."""
    if not url:
        return format_html('<span class="snap-thumb snap-blank">{}</span>', icon("image"))
    image = format_html('<img loading="lazy" decoding="async" src="{}" alt="{}">', url, alt)
    kind = "snap-thumb snap-large" if large else "snap-thumb"
    if not href:
        return format_html('<span class="{}">{}</span>', kind, image)
    return format_html('<a class="{}" href="{}">{}</a>', kind, href, image)


def icon(name: str) -> SafeString:
    return format_html('<span class="material-symbols-outlined" aria-hidden="true">{}</span>', name)
