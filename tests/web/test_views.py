"""What the lists, the job's page and the dashboard tell."""

import html
from datetime import timedelta

from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from jobs.explanations import LATE
from jobs.models import Job, SkipCount
from snapplatform import clock
from snapplatform.access.principal import Principal
from snapplatform.cluster.models import Duty, Node
from snapplatform.streams.models import Stream
from tests import factories
from tests.web.world import make_world, page_of


def text_of(client: Client, url: str, **asked: object) -> str:
    return client.get(url, asked).content.decode()


def test_a_new_site_is_told_its_first_steps(owner_client: Client):
    text = text_of(owner_client, "/admin/")
    assert "The way to your first picture" in text
    assert "rtmp://127.0.0.1:1935/live/my-camera" in text
    assert reverse("admin:jobs_job_add") in text


def test_the_dashboard_shows_what_is_live_with_its_newest_picture(owner_client: Client, who: Principal):
    world = make_world(who)
    response = owner_client.get("/admin/")
    cards = {card["title"]: card["value"] for card in response.context["cards"]}
    assert cards["Live streams"] == cards["Started jobs"] == cards["Pictures, last hour"] == "1"
    tile = response.context["tiles"][0]
    assert tile["stream"] == world.rows["streams_stream"]
    assert tile["picture"]["row"] == world.rows["jobs_snapshot"]
    assert owner_client.get(tile["picture"]["url"]).status_code == 200


def test_the_dashboard_names_what_needs_attention(site_client: Client, who: Principal):
    cache.clear()
    job = factories.make_job(who, autostart=True)
    long_ago = clock.now() - timedelta(minutes=5)
    Node.objects.create(host="dead-host", pid=1, beat_at=long_ago, started_at=long_ago)
    Duty.objects.create(name="retention", due_at=clock.now(), failures=2, last_result="failed: disk full")
    told = " ".join(item["text"] for item in site_client.get("/admin/").context["attention"])
    assert f"{job.name} waits: stream offline" in told
    assert "dead-host:1 is silent: no beat for 5 min" in told
    assert "disk full" in told


def test_the_dashboard_reads_the_ledger_once_a_minute(owner_client: Client, who: Principal):
    cache.clear()
    assert owner_client.get("/admin/").context["cards"][-1]["note"] == "0 objects"
    factories.make_snapshot(factories.make_job(who))
    assert owner_client.get("/admin/").context["cards"][-1]["note"] == "0 objects"
    cache.clear()
    assert owner_client.get("/admin/").context["cards"][-1]["note"] == "1 objects"


def test_a_jobs_page_shows_pictures_counts_and_reasons(owner_client: Client, who: Principal):
    world = make_world(who)
    job = world.rows["jobs_job"]
    Job.objects.filter(pk=job.pk).update(expected=1000, captured=999, late=3, skipped=1)
    panel = owner_client.get(page_of("jobs_job", job)).context["panel"]
    assert panel["newest"]["row"] == world.rows["jobs_snapshot"]
    assert panel["counters"][1]["note"] == "99.9 %"
    assert panel["troubles"][0]["reason"] == "no fresh keyframe"


def test_a_jobs_page_explains_what_is_missing(owner_client: Client, who: Principal):
    job = make_world(who).rows["jobs_job"]
    Stream.objects.filter(pk=job.stream_id).update(gop_seconds=10)
    Job.objects.filter(pk=job.pk).update(late=3)
    SkipCount.objects.create(job=job, reason="no new keyframe", count=1200, last_at=clock.now())
    response = owner_client.get(page_of("jobs_job", job))
    first, *_, last = response.context["panel"]["troubles"]
    assert (first["reason"], first["count"]) == ("no new keyframe", "1,200")
    assert "keyframe every 10 s" in first["explanation"]
    assert (last["reason"], last["count"], last["explanation"]) == ("late", "3", LATE)
    assert first["explanation"] in html.unescape(response.content.decode())


def test_a_job_without_pictures_says_what_it_waits_for(owner_client: Client, who: Principal):
    job = factories.make_job(who, autostart=True)
    page = page_of("jobs_job", job)
    assert "Nobody publishes the stream" in text_of(owner_client, page)
    Job.objects.filter(pk=job.pk).update(waiting="no video")
    text = text_of(owner_client, page)
    assert "Waiting: no video" in text and "only audio comes" in text
    assert "comes with the next keyframe" not in text
    Job.objects.filter(pk=job.pk).update(waiting="")
    assert "The first picture comes with the next keyframe" in text_of(owner_client, page)


def test_the_dashboard_names_jobs_whose_keyframes_are_too_rare(owner_client: Client, who: Principal):
    job = factories.make_job(who, stream=factories.make_stream(who, live=True))
    assert owner_client.get("/admin/").context["attention"] == []
    Stream.objects.filter(pk=job.stream_id).update(gop_seconds=10)
    [told] = owner_client.get("/admin/").context["attention"]
    words = "a picture every 5 s is wanted, but a keyframe comes every 10 s"
    assert told["text"] == f"{job.name}: {words}"
    assert told["url"] == page_of("jobs_job", job)


def test_a_jobs_page_offers_what_can_be_done_now(owner_client: Client, who: Principal):
    job = factories.make_job(who)

    def offered() -> list[str]:
        buttons = owner_client.get(page_of("jobs_job", job)).context["buttons"]
        return [item["verb"].name for item in buttons]

    assert offered() == ["start", "stop"]
    Job.objects.filter(pk=job.pk).update(status=Job.Status.STARTED)
    assert offered() == ["stop", "restart"]


def test_publishing_is_explained_with_a_quoted_address(owner_client: Client, who: Principal):
    stream = factories.make_stream(who, name="yard$(reboot)")
    publish = owner_client.get(page_of("streams_stream", stream)).context["panel"]["publish"]
    assert publish["server"] == "rtmp://127.0.0.1:1935/live"
    assert publish["key"] == "yard$(reboot)"
    assert publish["ffmpeg"].endswith("-f flv 'rtmp://127.0.0.1:1935/live/yard$(reboot)'")


def test_live_streams_come_first(owner_client: Client, who: Principal):
    factories.make_stream(who, name="a-offline")
    factories.make_stream(who, name="z-live", live=True)
    rows = owner_client.get(reverse("admin:streams_stream_changelist")).context["cl"].result_list
    assert [row.state for row in rows] == [Stream.State.LIVE, Stream.State.OFFLINE]


def test_pictures_are_found_by_day_flag_and_job(owner_client: Client, who: Principal):
    job = factories.make_job(who)
    plain = factories.make_snapshot(job)
    dark = factories.make_snapshot(job, dark=True, frame_at=clock.now() - timedelta(days=400))
    url = reverse("admin:jobs_snapshot_changelist")

    def found(**asked: object) -> list[object]:
        return list(owner_client.get(url, asked).context["cl"].queryset)

    assert found() == [plain, dark]
    assert found(frame_at__year=dark.frame_at.year) == [dark]
    assert found(flag="dark") == found(flag="any") == [dark]
    assert found(flag="none") == [plain]
    assert found(job__id__exact=job.pk) == [plain, dark]
    assert found(overwrite="only") == []


def test_the_newest_picture_stands_once(owner_client: Client, who: Principal):
    both, alone = factories.make_job(who, stream=factories.make_stream(who)), factories.make_job(who)
    start = clock.now() - timedelta(minutes=1)
    kept = factories.make_snapshot(both, frame_at=start + timedelta(seconds=2))
    copy = factories.make_snapshot(both, frame_at=start + timedelta(seconds=1), is_overlay=True)
    only = factories.make_snapshot(alone, frame_at=start, is_overlay=True)
    url = reverse("admin:jobs_snapshot_changelist")

    def found(**asked: object) -> list[object]:
        return list(owner_client.get(url, asked).context["cl"].queryset)

    assert found() == [kept, only]
    assert found(job__id__exact=both.pk) == [kept]
    assert found(overwrite="only") == [copy, only]
    assert found(overwrite="with") == [kept, copy, only]
    assert owner_client.get(page_of("jobs_snapshot", copy)).status_code == 200
    for job, strip in ((both, [kept]), (alone, [only])):
        panel = owner_client.get(page_of("streams_stream", job.stream)).context["panel"]
        assert [item["row"] for item in panel["strip"]] == strip


def test_days_link_to_the_pictures_of_that_day(owner_client: Client, who: Principal, stranger: Principal):
    job = factories.make_job(who)
    noon = clock.now().replace(hour=12)
    today = factories.make_snapshot(job, frame_at=noon)
    old = factories.make_snapshot(job, frame_at=noon - timedelta(days=40))
    factories.make_snapshot(factories.make_job(stranger), frame_at=noon - timedelta(days=400))
    url = reverse("admin:jobs_snapshot_changelist")
    days = {day["text"]: day["url"] for day in owner_client.get(url, {"flag": "none"}).context["days"]}
    assert len([text for text in days if text.endswith(str(old.frame_at.year))]) in (1, 2, 3)

    def found(link: str) -> list[object]:
        return list(owner_client.get(url + link).context["cl"].queryset)

    assert found(days["All days"]) == [today, old]
    assert found(days[f"{today.frame_at:%b} {today.frame_at.day}"]) == [today]
    assert found(days[f"{old.frame_at:%B %Y}"]) == [old]
    assert all("flag=none" in link for link in days.values())
    nonsense = {"frame_at__year": 9999, "frame_at__month": 77, "frame_at__day": "x"}
    assert owner_client.get(url, nonsense).status_code in (200, 302)


def test_an_overwritten_picture_gets_a_new_address(owner_client: Client, who: Principal):
    job = factories.make_job(who)
    snapshot = factories.make_snapshot(job, b"\xff\xd8 first", is_overlay=True)
    page = page_of("jobs_snapshot", snapshot)
    first = owner_client.get(page).context["panel"]["url"]
    snapshot.object.sha256 = "f" * 64
    snapshot.object.save()
    assert owner_client.get(page).context["panel"]["url"] != first


def test_a_picture_keeps_its_address_within_the_hour(owner_client: Client, who: Principal):
    page = page_of("jobs_snapshot", factories.make_snapshot(factories.make_job(who)))
    at = clock.now().replace(minute=1)
    with clock.hold(at):
        first = owner_client.get(page).context["panel"]["url"]
    with clock.hold(at + timedelta(minutes=50)):
        assert owner_client.get(page).context["panel"]["url"] == first
