"""Who may call: access keys, tokens, never sessions."""

from datetime import timedelta

import pytest
from django.test import Client

from snapplatform import clock
from snapplatform.access.models import AccessKey, Account
from snapplatform.access.principal import principal_of
from snapplatform.access.services import create_access_key, issue_token
from tests.api.native.client import Api, basic, problem


def test_access_key_says_who_is_asking(api: Api):
    answer = api.get("whoami").json()
    assert answer["account_id"] == str(api.user.account_id)
    assert answer["user_id"] == str(api.user.pk)
    assert answer["arn"] == f"acs:ram::{api.user.account_id}:root"
    assert answer["access_key_id"].startswith("SNAP")


def test_token_says_who_is_asking(api: Api):
    token, _ = issue_token(login=api.user.login, password="a password of tests")
    api.headers["Authorization"] = f"Bearer {token}"
    answer = api.get("whoami").json()
    assert (answer["user_id"], answer["access_key_id"]) == (str(api.user.pk), "")


def test_scheme_is_read_in_any_case(api: Api):
    api.headers["Authorization"] = api.headers["Authorization"].replace("Basic", "bAsIc")
    assert api.get("whoami").status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic " + "A" * 5000,
        basic("SNAPnobody", "wrong"),
        basic("\x00", "\x00"),
        basic("ключ", "секрет"),
        "Basic gICA",
        "Bearer",
        "Bearer snt_wrong",
        "Bearer \ud800",
        "Digest x",
    ],
)
def test_wrong_credentials_are_challenged(anyone: Api, header: str):
    anyone.headers["Authorization"] = header.encode("utf-8", "replace").decode("latin-1")
    response = anyone.get("jobs")
    problem(response, 401, "unauthenticated")
    assert 'Basic realm="snapplatform"' in response.headers["WWW-Authenticate"]
    assert 'Bearer realm="snapplatform"' in response.headers["WWW-Authenticate"]


def test_unknown_key_and_wrong_secret_get_the_same_words(api: Api):
    key, _ = create_access_key(principal=principal_of(api.user), user=api.user)
    details = set()
    for header in (basic(key.pk, "wrong"), basic("SNAPnobody", "wrong")):
        api.headers["Authorization"] = header
        details.add(problem(api.get("whoami"), 401, "unauthenticated")["detail"])
    assert len(details) == 1


def test_login_and_password_are_not_an_access_key(api: Api):
    api.headers["Authorization"] = basic(api.user.login, "a password of tests")
    problem(api.get("whoami"), 401, "unauthenticated")


def test_session_never_authenticates(api: Api):
    client = Client()
    client.force_login(api.user)
    problem(client.get("/api/v1/whoami"), 401, "unauthenticated")


def test_inactive_key_user_and_account_are_refused(api: Api):
    AccessKey.objects.filter(user=api.user).update(status="inactive")
    problem(api.get("whoami"), 401, "unauthenticated")
    AccessKey.objects.filter(user=api.user).update(status="active")
    assert api.get("whoami").status_code == 200
    Account.objects.filter(pk=api.user.account_id).update(status="disabled")
    problem(api.get("whoami"), 401, "unauthenticated")


def test_token_ends(api: Api):
    token, expires_at = issue_token(login=api.user.login, password="a password of tests")
    api.headers["Authorization"] = f"Bearer {token}"
    with clock.hold(expires_at + timedelta(seconds=1)):
        problem(api.get("whoami"), 401, "unauthenticated")
