"""The admin as a person uses it: sign in, look, submit a job, stop and start it, copy an address."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from jobs.models import Job
from snapplatform.access.principal import Principal
from tests import factories

pytestmark = pytest.mark.browser


def jpeg() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (320, 180), (30, 90, 140)).save(data, "JPEG")
    return data.getvalue()


def test_a_new_site_shows_the_first_steps(admin_page: Page):
    expect(admin_page.get_by_text("The way to your first picture")).to_be_visible()
    admin_page.get_by_role("link", name="Create a template").click()
    expect(admin_page.locator("#id_interval")).to_have_value("5")


def test_a_job_is_submitted_stopped_and_started_by_clicking(admin_page: Page, who: Principal):
    factories.make_stream(who, "yard", live=True)
    factories.make_template(who, name="Every 5 s")
    admin_page.locator("#nav-sidebar a[href='/admin/jobs/job/']").click()
    admin_page.get_by_role("link", name="Submit job").first.click()
    admin_page.locator(".field-stream .select2-selection").click()
    admin_page.get_by_role("option", name="yard · LIVE").click()
    expect(admin_page.get_by_role("heading", name="Submit job")).to_be_visible()
    expect(admin_page.locator("#id_autostart")).to_be_checked()
    admin_page.get_by_role("button", name="Submit").click()
    expect(admin_page.get_by_text("The first picture comes with the next keyframe.")).to_be_visible()
    job = Job.objects.get()
    assert (job.status, job.template.name, job.bucket.name) == ("started", "Every 5 s", "snapshots")
    admin_page.get_by_role("button", name="Stop").click()
    expect(admin_page.get_by_text("stopped.")).to_be_visible()
    admin_page.get_by_role("button", name="Start", exact=True).click()
    expect(admin_page.locator("#job-live").get_by_text("started", exact=True)).to_be_visible()
    job.refresh_from_db()
    assert (job.status, job.run) == ("started", 2)


def test_new_pictures_come_to_an_open_page(admin_page: Page, who: Principal):
    stream = factories.make_stream(who, "yard", live=True)
    job = factories.make_job(who, stream=stream)
    admin_page.goto(admin_page.url + f"jobs/job/{job.pk}/change/")
    factories.make_snapshot(job, jpeg())
    picture = admin_page.locator(".snap-stage img")
    expect(picture).to_be_visible(timeout=30_000)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320


def test_the_wall_shows_decoded_pictures(admin_page: Page, who: Principal):
    factories.make_snapshot(factories.make_job(who, stream=factories.make_stream(who, live=True)), jpeg())
    admin_page.reload()
    tile = admin_page.locator(".snap-tile img")
    assert tile.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320


def test_the_address_to_publish_is_copied(admin_page: Page, who: Principal):
    stream = factories.make_stream(who, "yard")
    admin_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin_page.goto(admin_page.url + f"streams/stream/{stream.pk}/change/")
    admin_page.locator(".snap-publish [data-copy]").first.click()
    expect(admin_page.locator(".snap-publish [title=Copied]")).to_be_visible()
    assert admin_page.evaluate("navigator.clipboard.readText()") == "rtmp://127.0.0.1:1935/live/yard"


def test_pictures_are_chosen_and_deleted(admin_page: Page, who: Principal):
    job = factories.make_job(who)
    for _ in range(2):
        factories.make_snapshot(job, jpeg())
    admin_page.goto(admin_page.url + "jobs/snapshot/")
    admin_page.locator("input.action-select").first.check()
    admin_page.locator("select[name=action]").select_option("delete_selected")
    admin_page.locator("button[name=index]").click()
    admin_page.get_by_role("button", name="Yes").click()
    expect(admin_page.get_by_text("Successfully deleted 1 snapshot")).to_be_visible()
    assert job.snapshots.count() == 1


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_is_wider_than_the_window(admin_page: Page, who: Principal, width: int):
    job = factories.make_job(who, stream=factories.make_stream(who, "a/long/" + "name-" * 20, live=True))
    snapshot = factories.make_snapshot(job, jpeg())
    start = admin_page.url
    admin_page.set_viewport_size({"width": width, "height": 844})
    pages = ["", "jobs/job/", f"jobs/job/{job.pk}/change/", "jobs/snapshot/", "storage/bucket/"]
    pages += [f"jobs/snapshot/{snapshot.pk}/change/", "streams/stream/", "templates/template/add/"]
    pages += [f"streams/stream/{job.stream_id}/change/", f"storage/storedobject/{snapshot.object_id}/change/"]
    for path in pages:
        admin_page.goto(start + path)
        assert admin_page.evaluate("document.documentElement.scrollWidth") <= width, path
