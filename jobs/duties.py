"""Periodic work of jobs."""

from datetime import timedelta

from jobs.waiting import say_offline
from snapplatform.cluster.duties import DutySpec

DUTIES = [DutySpec("mark jobs of lost streams", timedelta(seconds=5), lambda: f"{say_offline()} jobs")]
