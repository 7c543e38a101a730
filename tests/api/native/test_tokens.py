"""POST /tokens: passwords for tokens, with a limit on attempts."""

from unittest import mock

from snapplatform.access import services
from snapplatform.api.native import attempts
from tests import factories
from tests.api.native.client import Api, problem, wrong

PASSWORD = "a password of tests"


def test_password_gives_a_token_that_works(anyone: Api):
    user = factories.make_user()
    response = anyone.post("tokens", login=user.login, password=PASSWORD)
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert set(body) == {"token", "expires_at"} and body["expires_at"].endswith("Z")
    anyone.headers["Authorization"] = f"Bearer {body['token']}"
    assert anyone.get("whoami").json()["user_id"] == str(user.pk)


def test_wrong_password_and_unknown_login_get_the_same_answer(anyone: Api):
    user = factories.make_user()
    bodies = [
        problem(anyone.post("tokens", login=login, password="wrong"), 401, "unauthenticated")
        for login in (user.login, "nobody")
    ]
    assert bodies[0]["detail"] == bodies[1]["detail"]


def test_what_is_missing_is_named(anyone: Api):
    assert wrong(anyone.post("tokens", {})) == {"login": "is required", "password": "is required"}
    assert wrong(anyone.post("tokens", login="", password=5)) == {
        "login": "must not be empty",
        "password": "must be text",
    }


def test_control_characters_in_a_login_are_refused_in_words(anyone: Api):
    problem(anyone.post("tokens", login="a\x00b", password="x"), 400, "malformed-json")


def test_attempts_on_one_login_are_limited_and_say_when_to_come_back(anyone: Api):
    with mock.patch.object(services, "check_password", return_value=None) as check:
        for _ in range(attempts.by_login.size):
            problem(anyone.post("tokens", login="admin", password="guess"), 401, "unauthenticated")
        response = anyone.post("tokens", login="admin", password="guess")
    problem(response, 429, "too-many-attempts")
    assert 1 <= int(response.headers["Retry-After"]) <= attempts.by_login.seconds
    assert check.call_count == attempts.by_login.size


def test_attempts_from_one_address_are_limited_over_all_logins(anyone: Api):
    with mock.patch.object(services, "check_password", return_value=None):
        for number in range(attempts.by_address.size):
            problem(anyone.post("tokens", login=f"user-{number}", password="x"), 401, "unauthenticated")
        problem(anyone.post("tokens", login="one-more", password="x"), 429, "too-many-attempts")


def test_right_passwords_cost_no_attempt(anyone: Api):
    user = factories.make_user()
    for _ in range(attempts.by_login.size + 2):
        assert anyone.post("tokens", login=user.login, password=PASSWORD).status_code == 201


def test_attempts_come_back_with_time():
    bucket = attempts.Bucket(size=2, seconds=3)
    with mock.patch("snapplatform.clock.monotonic", side_effect=[100.0, 100.0, 100.0, 103.1, 103.1]):
        assert [bucket.take("a") for _ in range(2)] == [0, 0]
        assert bucket.take("a") == 3.0
        assert bucket.take("a") == 0
        assert 0 < bucket.take("a") <= 3


def test_memory_of_attempts_is_bounded():
    bucket = attempts.Bucket(size=1, seconds=60)
    for number in range(attempts.MAX_KEYS + 10):
        bucket.take(str(number))
    assert len(bucket._levels) == attempts.MAX_KEYS
