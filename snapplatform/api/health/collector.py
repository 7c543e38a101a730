"""Gauges that the database knows: how much lives, works and is stored on the whole site."""

import logging
from collections.abc import Iterator

from django.db import DatabaseError
from django.db.models import Count, Sum
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs.models import Job
from snapplatform.api.health.cached import Cached
from snapplatform.cluster import nodes
from snapplatform.metrics import DATABASE_GAUGES
from snapplatform.storage.models import StoredObject
from snapplatform.streams.models import Stream

SECONDS = 5.0
Samples = dict[str, dict[str, float]]
log = logging.getLogger("snapplatform.metrics")


def _small() -> Samples:
    by_status: dict[str, float] = dict.fromkeys(Job.Status.values, 0.0)
    by_status |= dict(Job.objects.order_by().values_list("status").annotate(Count("pk")))
    return {
        "snapplatform_streams_live": {"": Stream.objects.filter(state=Stream.State.LIVE).count()},
        "snapplatform_jobs": by_status,
        "snapplatform_nodes_alive": {"": nodes.alive().count()},
    }


def _ledger() -> Samples:
    """A scan of the ledger: apart from the rest, because Cached asks the more seldom the longer it takes."""
    found = StoredObject.objects.aggregate(count=Count("pk"), size=Sum("size"))
    return {
        "snapplatform_stored_objects": {"": found["count"]},
        "snapplatform_stored_bytes": {"": found["size"] or 0},
    }


small, ledger = Cached(_small, SECONDS), Cached(_ledger, SECONDS)


class DatabaseCollector(Collector):
    """Asks the database; without it the process's own metrics are still told."""

    def collect(self) -> Iterator[Metric]:
        try:
            samples = {**small.get(), **ledger.get(), "snapplatform_database_up": {"": 1.0}}
        except DatabaseError:
            log.warning("metrics without the database", exc_info=True)
            samples = {"snapplatform_database_up": {"": 0.0}}
        for name, values in samples.items():
            documentation, labels = DATABASE_GAUGES[name]
            family = GaugeMetricFamily(name, documentation, labels=labels)
            for label, value in values.items():
                family.add_metric([label] if labels else [], value)
            yield family
