"""The OpenAPI document: tidy ids, parameters from the view, and every problem an operation may answer."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from snapplatform.api.native.errors import all_problems
from snapplatform.api.native.problems import MEDIA_TYPE

PREFIX = "/api/v1/"
_PROBLEMS = "x-problems"
_REF = "#/components/responses/"
# What any operation may answer, by the name of its shared response; see shared_responses().
_ALWAYS = {"400": "BadRequest", "406": "NotAcceptable", "500": "InternalError", "503": "Unavailable"}
_SIGNED_IN = {"401": "Unauthenticated", "403": "PermissionRefused"}
_WITH_BODY = {"413": "BodyTooLarge", "415": "UnsupportedMediaType"}
_SHARED = {
    "BadRequest": ("invalid-value", "malformed-json", "bad-cursor", "bad-request"),
    "Unauthenticated": ("unauthenticated",),
    "PermissionRefused": ("permission-refused", "account-disabled"),
    "NotAcceptable": ("not-acceptable",),
    "BodyTooLarge": ("body-too-large",),
    "UnsupportedMediaType": ("unsupported-media-type",),
    "InternalError": ("internal-error",),
    "Unavailable": ("database-unavailable", "storage-unavailable"),
}
PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457). `type` names the kind and is an address that explains it.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "for a person: the thing, the reason, the next step"},
        "instance": {"type": "string", "description": "the request's id, as in X-Request-ID and the log"},
        "errors": {
            "type": "array",
            "description": "each wrong parameter and why",
            "items": {
                "type": "object",
                "required": ["parameter", "reason"],
                "properties": {"parameter": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}


class NativeSchema(AutoSchema):
    """Reads `queries` of the view for parameters; ids in paths are UUIDs."""

    def get_override_parameters(self) -> list[Any]:
        query = getattr(self.view, "queries", {}).get(self.method.lower())
        ids = [
            OpenApiParameter(name, OpenApiTypes.UUID, OpenApiParameter.PATH)
            for name in re.findall(r"{(\w+_id)}", self.path)
        ]
        return [*super().get_override_parameters(), *ids, *([query] if query else [])]

    def get_description(self) -> str:  # type: ignore[override]  # the stubs describe its base alone
        """Nothing but what an operation says of itself: a view's docstring is for its readers."""
        return ""

    def map_parsers(self) -> list[str]:
        return ["application/json"]


class _BasicScheme(OpenApiAuthenticationExtension):
    target_class = "snapplatform.api.native.authentication.AccessKeyBasic"
    name = "accessKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "basic",
            "description": "An access key: its id as user name, its secret as password. "
            "`manage.py create_access_key` makes one.",
        }


class _BearerScheme(OpenApiAuthenticationExtension):
    target_class = "snapplatform.api.native.authentication.Bearer"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token from POST /api/v1/tokens."}


def operation(
    name: str, summary: str, *, answer: Any, status: int = 200, problems: tuple[str, ...] = (), **more: Any
) -> Callable[[Any], Any]:
    """Describe one method of a view: its id, what it answers, and the slugs of its own problems."""
    extensions = {_PROBLEMS: list(problems)}
    return extend_schema(
        operation_id=name, summary=summary, responses={status: answer}, extensions=extensions, **more
    )


def only_native(endpoints: list[Any], **_: Any) -> list[Any]:
    """Preprocessing hook: this document is about /api/v1 alone."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(PREFIX)]


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook: give every operation the problems it may answer."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {name: _response(slugs) for name, slugs in _SHARED.items()}
    for methods in result["paths"].values():
        for described in methods.values():
            _add_to(described)
            _close(described, components["schemas"])
    components["schemas"] = dict(sorted(components["schemas"].items()))
    _tidy(result)
    return result


def _add_to(described: dict[str, Any]) -> None:
    shared = dict(_ALWAYS)
    if any(described.get("security", [{}])):
        shared |= _SIGNED_IN
    if "requestBody" in described:
        shared |= _WITH_BODY
    responses = described["responses"]
    for status, response in responses.items():
        response["description"] = response.get("description") or HTTPStatus(int(status)).phrase
    responses |= {status: {"$ref": _REF + name} for status, name in shared.items()}
    own: dict[str, list[str]] = {}
    for slug in described.pop(_PROBLEMS, []):
        own.setdefault(str(all_problems()[slug].status), []).append(slug)
    responses |= {status: _response(tuple(slugs)) for status, slugs in own.items()}
    described["responses"] = dict(sorted(responses.items()))


def _close(described: dict[str, Any], schemas: dict[str, Any]) -> None:
    """A body of unknown names is refused, and a change leaves alone what it doesn't name: say so."""
    for media in described.get("requestBody", {}).get("content", {}).values():
        name = media["schema"]["$ref"].rpartition("/")[2]
        schemas[name]["additionalProperties"] = False
        if name.endswith("Change"):
            schemas[name].pop("required", None)
            for field in schemas[name]["properties"].values():
                field.pop("default", None)


def _tidy(node: Any) -> None:
    """Drop what the generator writes for itself: enum numbers, and lengths beside an enum."""
    for item in node if isinstance(node, list) else node.values():
        if isinstance(item, (dict, list)):
            _tidy(item)
    if isinstance(node, dict) and "enum" in node:
        for name in ("x-spec-enum-id", "minLength", "maxLength"):
            node.pop(name, None)


def _response(slugs: tuple[str, ...]) -> dict[str, Any]:
    kinds = [all_problems()[slug] for slug in slugs]
    response: dict[str, Any] = {
        "description": "; ".join(f"{kind.title} (`{kind.slug}`)" for kind in kinds),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {
                    kind.slug: {
                        "value": {
                            "type": kind.type,
                            "title": kind.title,
                            "status": kind.status,
                            "detail": kind.meaning,
                            "instance": "7d0f1f0c-4f4e-4a53-9a53-7f6f0b7a1c55",
                        }
                    }
                    for kind in kinds
                },
            }
        },
    }
    header = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}.get(kinds[0].status)
    if header:
        response["headers"] = {header: {"schema": {"type": "string"}}}
    return response
