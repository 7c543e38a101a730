"""Starting, stopping and restarting jobs."""

from rest_framework.request import Request
from rest_framework.response import Response

from jobs import services
from snapplatform.api.native.base import NativeView
from snapplatform.api.native.schema import operation
from snapplatform.api.native.serializers.jobs import JobOut, JobStart
from snapplatform.api.native.views.jobs import write


class JobStartView(NativeView):
    @operation(
        "startJob",
        "Start an init or paused job",
        request=JobStart,
        answer=JobOut,
        problems=("job-not-found", "job-already-started", "stream-not-live", "job-limit-exceeded"),
    )
    def post(self, request: Request, job_id: str) -> Response:
        job = services.start_job(principal=self.principal, job_id=job_id, **self.body(JobStart))
        return Response(write([job])[0])


class JobStopView(NativeView):
    @operation("stopJob", "Pause a job", request=None, answer=JobOut, problems=("job-not-found",))
    def post(self, request: Request, job_id: str) -> Response:
        return Response(write([services.stop_job(principal=self.principal, job_id=job_id)])[0])


class JobRestartView(NativeView):
    @operation(
        "restartJob",
        "Start a job on a new grid, whether it runs or not",
        request=None,
        answer=JobOut,
        problems=("job-not-found", "job-limit-exceeded"),
    )
    def post(self, request: Request, job_id: str) -> Response:
        return Response(write([services.restart_job(principal=self.principal, job_id=job_id)])[0])
