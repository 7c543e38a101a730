"""Cursor pages: complete, stable while rows come and go, and never counted."""

from datetime import timedelta
from typing import Any

import pytest

from jobs.models import Job
from snapplatform import clock
from snapplatform.access.principal import Principal
from tests import factories
from tests.api.native.client import Api, problem, wrong

LISTS = ["streams", "stream-keys", "templates", "buckets", "jobs", "snapshots"]


def walk(api: Api, path: str, **query: Any) -> list[str]:
    """All ids of a list, page by page."""
    found: list[str] = []
    while True:
        body = api.get(path, **query).json()
        assert len(body["items"]) <= int(query["limit"])
        found += [item["id"] for item in body["items"]]
        if body["next"] is None:
            return found
        query["cursor"] = body["next"]


def test_pages_give_every_row_once(api: Api, principal: Principal):
    with clock.hold(clock.now()):  # rows of the very same time are told apart by id
        made = {str(factories.make_template(principal).pk) for _ in range(7)}
    for limit in (1, 2, 7, 8):
        found = walk(api, "templates", limit=limit)
        assert len(found) == 7 and set(found) == made


def test_snapshots_page_in_both_orders(api: Api, job: Job):
    now = clock.now()
    made = [
        str(factories.make_snapshot(job, frame_at=now + timedelta(seconds=number)).pk) for number in range(5)
    ]
    assert walk(api, "snapshots", limit=2) == made[::-1]
    assert walk(api, f"jobs/{job.pk}/snapshots", limit=2, order="oldest") == made


def test_rows_added_or_deleted_meanwhile_move_nothing(api: Api, job: Job):
    now = clock.now()
    made = [factories.make_snapshot(job, frame_at=now + timedelta(seconds=number)) for number in range(4)]
    first = api.get("snapshots", limit=2).json()
    factories.make_snapshot(job, frame_at=now + timedelta(minutes=1))
    api.delete(f"snapshots/{made[2].pk}")  # the very row that the cursor stands on
    second = api.get("snapshots", limit=2, cursor=first["next"]).json()
    assert [item["id"] for item in second["items"]] == [str(made[1].pk), str(made[0].pk)]
    assert second["next"] is None


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.0", "", "9" * 30, "٣"])
def test_bad_limit(api: Api, limit: str):
    assert "limit" in wrong(api.get("jobs", limit=limit))


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("cursor", ["x", "a:b:c", "W10:1abc:xyz", "é", "%00", "A" * 400])
def test_bad_cursor(api: Api, path: str, cursor: str):
    problem(api.get(path, cursor=cursor), 400, "bad-cursor")


def test_cursor_of_another_list_or_order_is_bad(api: Api, principal: Principal, job: Job):
    factories.make_template(principal)
    cursor = api.get("templates", limit=1).json()["next"]
    problem(api.get("jobs", cursor=cursor), 400, "bad-cursor")
    for number in range(2):
        factories.make_snapshot(job, frame_at=clock.now() + timedelta(seconds=number))
    cursor = api.get("snapshots", limit=1).json()["next"]
    problem(api.get("snapshots", cursor=cursor, order="oldest"), 400, "bad-cursor")
    assert api.get("snapshots", cursor=cursor[:-1] + "_").status_code == 400


def test_empty_list(api: Api):
    for path in LISTS:
        assert api.get(path).json() == {"items": [], "next": None}


@pytest.mark.parametrize("path", LISTS)
def test_queries_do_not_grow_with_rows(
    api: Api, principal: Principal, path: str, django_assert_max_num_queries
):
    def add() -> None:
        api.post("stream-keys")
        factories.make_snapshot(factories.make_job(principal))

    add()
    api.get(path)  # the key's "last used" is written once a minute
    with django_assert_max_num_queries(6) as few:
        assert len(api.get(path).json()["items"]) >= 1
    seen = len(few)
    for _ in range(4):
        add()
    with django_assert_max_num_queries(seen) as many:
        assert len(api.get(path).json()["items"]) >= 5
        assert not any("COUNT(" in query["sql"].upper() for query in many.captured_queries)
    assert len(many) == seen
