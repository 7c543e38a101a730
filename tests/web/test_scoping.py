"""An account's staff see their own account's rows and nothing of any other, by whatever way they ask."""

import pytest
from django.test import Client
from django.urls import reverse

from snapplatform.access.models import AccessKey, Account, User
from snapplatform.access.principal import Principal
from tests import factories
from tests.web.conftest import signed_in
from tests.web.world import World, make_world, page_of

FOREIGN = "the other account's thing"


@pytest.fixture
def foreign(stranger: Principal) -> World:
    return make_world(stranger, name=FOREIGN)


def test_lists_hold_own_rows_only(owner_client: Client, site_client: Client, who: Principal, foreign: World):
    own = make_world(who)
    for kind, row in own.rows.items():
        url = reverse(f"admin:{kind}_changelist")
        mine = set(owner_client.get(url).context["cl"].queryset.values_list("pk", flat=True))
        assert row.pk in mine
        assert foreign.rows[kind].pk not in mine
        everything = set(site_client.get(url).context["cl"].queryset.values_list("pk", flat=True))
        assert {row.pk, foreign.rows[kind].pk} <= everything


def test_a_foreign_row_does_not_exist(owner_client: Client, foreign: World):
    """As an id that never was: away, with the same words."""
    for kind, row in foreign.rows.items():
        for page in ("change", "delete", "history"):
            url = reverse(f"admin:{kind}_{page}", args=(row.pk,))
            assert owner_client.get(url).status_code in (302, 403), url
            assert owner_client.post(url, {"post": "yes"}).status_code in (302, 403), url
        assert type(row).objects.filter(pk=row.pk).exists()
        text = owner_client.get(page_of(kind, row), follow=True).content.decode()
        assert FOREIGN not in text


def test_autocomplete_offers_own_rows_only(owner_client: Client, who: Principal, foreign: World):
    own = make_world(who)
    for kind, field in (("snapshot", "job"), ("snapshot", "stream"), ("job", "template")):
        asked = {"app_label": "jobs", "model_name": kind, "field_name": field, "term": ""}
        found = owner_client.get(reverse("admin:autocomplete"), asked).json()["results"]
        rows = {"job": "jobs_job", "stream": "streams_stream", "template": "templates_template"}
        assert [item["id"] for item in found] == [str(own.rows[rows[field]].pk)]


def test_a_filter_by_a_foreign_row_tells_nothing(owner_client: Client, foreign: World):
    for kind, name in (
        ("jobs_snapshot", "job"),
        ("jobs_job", "template"),
        ("storage_storedobject", "bucket"),
    ):
        row = getattr(foreign.rows[kind], name)
        response = owner_client.get(reverse(f"admin:{kind}_changelist"), {f"{name}__id__exact": row.pk})
        assert response.status_code == 200
        assert response.context["cl"].result_count == 0
        assert str(row) not in response.content.decode()


def test_a_filter_by_nonsense_is_no_error(owner_client: Client):
    for kind in ("jobs_snapshot", "jobs_job"):
        for value in ("nonsense", "\x00", "1"):
            url = reverse(f"admin:{kind}_changelist")
            assert owner_client.get(url, {"stream__id__exact": value}).status_code in (200, 302)


def test_an_id_that_no_row_can_have_does_not_exist(owner_client: Client):
    for kind in ("access/accesskey", "jobs/job", "streams/stream"):
        for pk in ("%00", "nonsense", "9" * 60):
            assert owner_client.get(f"/admin/{kind}/{pk}/change/").status_code == 302


def test_forms_offer_own_rows_only(owner_client: Client, foreign: World):
    assert FOREIGN not in owner_client.get(reverse("admin:jobs_job_add")).content.decode()


def test_a_job_of_foreign_parts_is_refused(owner_client: Client, who: Principal, foreign: World):
    own = make_world(who)
    given = {
        "stream": own.rows["streams_stream"].pk,
        "template": foreign.rows["templates_template"].pk,
        "bucket": own.rows["storage_bucket"].pk,
    }
    response = owner_client.post(reverse("admin:jobs_job_add"), given)
    assert response.status_code == 200
    assert "template" in response.context["adminform"].form.errors


def test_the_dashboard_counts_own_rows_only(owner_client: Client, who: Principal, foreign: World):
    text = owner_client.get("/admin/").content.decode()
    assert FOREIGN not in text
    assert foreign.rows["streams_stream"].name not in text


def test_a_foreign_button_does_nothing(owner_client: Client, foreign: World):
    job = foreign.rows["jobs_job"]
    before = job.status
    url = reverse("admin:jobs_job_verb", args=(job.pk, "stop"))
    assert owner_client.post(url).status_code == 302
    job.refresh_from_db()
    assert job.status == before


def test_an_owner_cannot_take_over_a_superuser(owner_client: Client, account: Account):
    root = factories.make_user(account, is_staff=True, is_superuser=True)
    before = root.password
    page = reverse("admin:auth_user_password_change", args=(root.pk,))
    given = {"password1": "tall ships sail at dawn", "password2": "tall ships sail at dawn"}
    assert owner_client.post(page, given).status_code == 403
    assert owner_client.post(reverse("admin:access_accesskey_add"), {"user": root.pk}).status_code == 200
    root.refresh_from_db()
    assert root.password == before
    assert not AccessKey.objects.filter(user=root).exists()


def test_an_owner_cannot_make_a_superuser_or_a_foreign_user(
    owner_client: Client, account: Account, stranger: Principal
):
    password = "tall ships sail at dawn"
    given = {"login": "eve", "ram_name": "eve", "password1": password, "password2": password}
    more = {"is_superuser": "on", "account": stranger.account_id}
    assert owner_client.post(reverse("admin:access_user_add"), {**given, **more}).status_code == 302
    eve = User.objects.get(login="eve")
    assert not eve.is_superuser
    assert eve.account == account


def test_staff_who_own_nothing_manage_no_users(account: Account):
    plain = factories.make_user(account, is_staff=True)
    client = signed_in(plain)
    assert client.get(reverse("admin:access_user_add")).status_code == 403
    other = factories.make_user(account)
    assert client.post(page_of("access_user", other), {"login": "x"}).status_code == 403
    client.post(reverse("admin:access_accesskey_add"), {"user": other.pk})
    assert not AccessKey.objects.filter(user=other).exists()
