"""/metrics: figures of the process and of the database, with labels of few values."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from snapplatform import metrics
from snapplatform.api.health import collector
from snapplatform.api.health.cached import Cached
from tests import factories

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    collector.small.forget()
    collector.ledger.forget()


def read() -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    response = Client().get("/metrics")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_database_figures(db: None):
    principal = factories.make_principal(is_root=True)
    factories.make_stream(principal, live=True)
    factories.make_snapshot(factories.make_job(principal, autostart=True), b"12345")
    found = read()
    nothing = frozenset[tuple[str, str]]()
    assert found["snapplatform_database_up", nothing] == 1
    assert found["snapplatform_streams_live", nothing] == 1
    assert found["snapplatform_jobs", frozenset({("status", "started")})] == 1
    assert found["snapplatform_jobs", frozenset({("status", "paused")})] == 0
    assert found["snapplatform_nodes_alive", nothing] == 0
    assert found["snapplatform_stored_objects", nothing] == 1
    assert found["snapplatform_stored_bytes", nothing] == 5


def test_figures_are_kept_for_a_while(db: None, django_assert_max_num_queries):
    read()
    with django_assert_max_num_queries(0):
        read()


def test_slow_figures_are_kept_longer():
    calls = []
    times = iter([0.0, 2.0, 100.0, 203.0, 203.0])
    kept = Cached(lambda: calls.append(1) or len(calls), 5.0)
    with mock.patch("snapplatform.clock.monotonic", side_effect=lambda: next(times)):
        assert [kept.get(), kept.get(), kept.get()] == [1, 1, 2]


def test_without_the_database_the_process_still_tells(db: None):
    with mock.patch.object(collector.small, "_read", side_effect=OperationalError("gone")):
        found = read()
    assert found["snapplatform_database_up", frozenset()] == 0
    assert any(name.startswith("python_info") for name, _ in found)


def test_requests_are_counted_by_route_never_by_path(db: None):
    def count(**labels: str) -> float:
        return REGISTRY.get_sample_value("snapplatform_http_requests_total", labels) or 0.0

    labels = {"api": "native", "method": "GET", "route": "/api/v1/jobs/<str:job_id>", "status": "401"}
    before = count(**labels)
    for number in range(3):
        Client().get(f"/api/v1/jobs/{number}")
    assert count(**labels) == before + 3
    timed = {key: value for key, value in labels.items() if key != "status"}
    assert REGISTRY.get_sample_value("snapplatform_http_request_seconds_count", timed) >= 3


def test_strange_methods_and_paths_make_no_new_labels(db: None):
    client = Client()
    for number in range(20):
        client.generic(f"BREW{number}", f"/nothing/{number}")
        client.get(f"/admin/nothing/{number}/")
    label_sets = {
        tuple(sample.labels[name] for name in ("api", "method", "route"))
        for sample in metrics.HTTP_REQUESTS.collect()[0].samples
    }
    assert ("other", "OTHER", "unmatched") in label_sets
    assert not any("BREW" in part or "nothing" in part for labels in label_sets for part in labels)


def test_processes_that_share_a_folder_are_told_together(tmp_path: Path):
    """As `manage.py run` sets it; in a process of its own, since the choice is made at import."""
    script = (
        "import django, os; django.setup()\n"
        "from snapplatform import metrics\n"
        "metrics.HTTP_REQUESTS.labels('native', 'GET', '/x', 200).inc(2)\n"
        "from snapplatform.api.health.views import _processes\n"
        "from prometheus_client import generate_latest\n"
        "print(generate_latest(_processes()).decode())\n"
    )
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "snapplatform.settings",
        "SNAP_DATA_DIR": str(tmp_path / "data"),
    }
    for total in ("2.0", "4.0"):  # the second process also tells what the first one counted
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert re.search(rf"snapplatform_http_requests_total{{.*}} {total}", done.stdout)


def test_docs_list_exactly_these_metrics():
    node = importlib.import_module("snapplatform.node.metrics")
    registered = set(metrics.DATABASE_GAUGES)
    for module in (metrics, node):
        for item in vars(module).values():
            if isinstance(item, MetricWrapperBase):
                described = next(iter(item.describe()))
                registered.add(described.name + ("_total" if described.type == "counter" else ""))
    text = (ROOT / "docs" / "metrics.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == registered
