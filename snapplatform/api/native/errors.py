"""The one table from what the domain (or Django) refuses to what a caller of the native API reads."""

from dataclasses import dataclass

from django.core import exceptions as django
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions as drf

from snapplatform import errors as snap


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of RFC 9457 problem. `meaning` says what to do; GET /api/errors/{slug} shows it."""

    status: int
    slug: str
    meaning: str

    @property
    def type(self) -> str:
        return f"/api/errors/{self.slug}"

    @property
    def title(self) -> str:
        return self.slug.replace("-", " ").replace("json", "JSON").capitalize()


class MalformedJson(drf.ParseError):
    """The body isn't the JSON that this API takes."""


class BadCursor(drf.ParseError):
    """The cursor wasn't made by this list."""


class BodyTooLarge(drf.APIException):
    status_code = 413
    default_detail = "The body is larger than 1 MiB."


BAD_REQUEST = Problem(400, "bad-request", "The request is not one that HTTP or this API allows.")
INVALID_VALUE = Problem(400, "invalid-value", "`errors` names each wrong parameter and what would be right.")
MALFORMED = Problem(400, "malformed-json", "Send one JSON object in UTF-8: no key twice, no NaN, no NUL.")
CURSOR = Problem(400, "bad-cursor", "Give back `next` of the same list, unchanged.")
UNKNOWN = Problem(401, "unauthenticated", "Give an access key (HTTP Basic) or a token (Bearer).")
REFUSED = Problem(403, "permission-refused", "The account's owner decides who may do what.")
DISABLED = Problem(403, "account-disabled", "Ask who runs the site.")
NOT_FOUND = Problem(404, "not-found", "Nothing lives here. Paths have no slash at their end; see /api/docs/.")
NO_TEMPLATE = Problem(404, "template-not-found", "GET /api/v1/templates lists them.")
NO_JOB = Problem(404, "job-not-found", "GET /api/v1/jobs lists them.")
NO_STREAM = Problem(404, "stream-not-found", "Publish it, or register its name with POST /api/v1/streams.")
NO_SNAPSHOT = Problem(404, "snapshot-not-found", "It was deleted, or none was taken yet.")
NO_BUCKET = Problem(404, "bucket-not-found", "GET /api/v1/buckets lists them.")
NO_OBJECT = Problem(404, "object-not-found", "No such thing in the caller's account.")
METHOD = Problem(405, "method-not-allowed", "`Allow` names the methods that are.")
ACCEPT = Problem(406, "not-acceptable", "Accept application/json.")
NOT_LIVE = Problem(409, "stream-not-live", "Publish it first, or start with wait_for_stream.")
STARTED = Problem(409, "job-already-started", "Use restart for a new grid.")
LIMIT = Problem(409, "job-limit-exceeded", "Stop another job of the account first.")
EXISTS = Problem(409, "already-exists", "Choose another name.")
IN_USE = Problem(409, "in-use", "Delete or stop first what depends on it.")
TOO_LARGE = Problem(413, "body-too-large", "A body may have 1 MiB.")
MEDIA_TYPE = Problem(415, "unsupported-media-type", "Send application/json in UTF-8.")
ATTEMPTS = Problem(429, "too-many-attempts", "`Retry-After` says for how many seconds to wait.")
INTERNAL = Problem(500, "internal-error", "The server failed. Its log names the request id; try again later.")
NO_DATABASE = Problem(503, "database-unavailable", "The database doesn't answer; try again in a few seconds.")
NO_STORAGE = Problem(503, "storage-unavailable", "The bucket's storage failed; try again later.")

# The first class that fits wins, so a subclass stands above its base.
TABLE: list[tuple[type[Exception], Problem]] = [
    (snap.InvalidValue, INVALID_VALUE),
    (snap.InvalidValues, INVALID_VALUE),
    (snap.TemplateNotFound, NO_TEMPLATE),
    (snap.JobNotFound, NO_JOB),
    (snap.StreamNotFound, NO_STREAM),
    (snap.SnapshotNotFound, NO_SNAPSHOT),
    (snap.BucketNotFound, NO_BUCKET),
    (snap.NotFound, NO_OBJECT),
    (snap.StreamNotLive, NOT_LIVE),
    (snap.JobAlreadyStarted, STARTED),
    (snap.JobLimitExceeded, LIMIT),
    (snap.AlreadyExists, EXISTS),
    (snap.InUse, IN_USE),
    (snap.Unauthenticated, UNKNOWN),
    (snap.PermissionRefused, REFUSED),
    (snap.AccountDisabled, DISABLED),
    (snap.StorageUnavailable, NO_STORAGE),
    (MalformedJson, MALFORMED),
    (BadCursor, CURSOR),
    (BodyTooLarge, TOO_LARGE),
    (drf.ValidationError, INVALID_VALUE),
    (drf.ParseError, BAD_REQUEST),
    (drf.MethodNotAllowed, METHOD),
    (drf.NotAcceptable, ACCEPT),
    (drf.UnsupportedMediaType, MEDIA_TYPE),
    (drf.Throttled, ATTEMPTS),
    (Http404, NOT_FOUND),
    (django.RequestDataTooBig, TOO_LARGE),
    (django.SuspiciousOperation, BAD_REQUEST),
    (django.BadRequest, BAD_REQUEST),
    (OperationalError, NO_DATABASE),
    (InterfaceError, NO_DATABASE),
    (Exception, INTERNAL),
]


def problem_of(error: BaseException) -> Problem:
    """The kind of problem that `error` is."""
    return next((problem for kind, problem in TABLE if isinstance(error, kind)), INTERNAL)


def all_problems() -> dict[str, Problem]:
    """Every kind once, by slug."""
    return {problem.slug: problem for _, problem in TABLE}
