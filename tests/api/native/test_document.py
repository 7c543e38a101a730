"""The OpenAPI document: committed, complete, served with Swagger UI and nothing from elsewhere."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.api.native.client import Api

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"
RENEW = ".venv/bin/python manage.py spectacular --format openapi-json --file docs/openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [described for methods in document["paths"].values() for described in methods.values()]


def test_committed_document_is_the_code_s(document: dict[str, Any]):
    assert json.loads(COMMITTED.read_text()) == document, f"docs/openapi.json is old. Renew it: {RENEW}"


def test_document_is_valid(document: dict[str, Any]):
    validate_schema(document)


def test_every_operation_has_a_tidy_name_and_a_summary(document: dict[str, Any]):
    names = [described["operationId"] for described in operations(document)]
    assert len(set(names)) == len(names)
    assert {"listJobs", "submitJob", "startJob", "getLatestSnapshot", "createToken"} <= set(names)
    assert all(re.fullmatch("[a-z]+([A-Z][a-z]+)*", name) for name in names)
    assert all(described["summary"] for described in operations(document))


def test_errors_and_credentials_are_told(document: dict[str, Any]):
    assert set(document["components"]["securitySchemes"]) == {"accessKey", "token"}
    for described in operations(document):
        assert {"400", "406", "500", "503"} <= set(described["responses"])
        if described["operationId"] != "createToken":
            assert described["security"] == [{"accessKey": []}, {"token": []}]
            assert {"401", "403"} <= set(described["responses"])


def test_served_as_json_and_yaml_and_shown(anyone: Api):
    response = anyone.get("/api/schema/", format="json")
    assert response.json()["info"]["title"] == "Snapplatform"
    assert anyone.get("/api/schema/", format="yaml").content.startswith(b"openapi:")
    assert anyone.get("/api/schema/").status_code == 200
    assert anyone.get("/api/schema/", format="xml").headers["Content-Type"] == "application/problem+json"


def test_docs_load_nothing_from_elsewhere(anyone: Api):
    page = anyone.get("/api/docs/").content.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert any("swagger-ui-bundle" in source for source in sources)
    assert all(source.startswith("/static/") for source in sources)
    assert "http" not in page.replace("http://www.w3.org", "").partition("<script")[0]
