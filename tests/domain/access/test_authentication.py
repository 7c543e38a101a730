"""Keys and tokens: what opens, what doesn't, and what is kept."""

from datetime import timedelta

import pytest

from snapplatform import clock
from snapplatform.access import secrets
from snapplatform.access.authentication import by_access_key, by_token
from snapplatform.access.models import AccessKey, Account, Token
from snapplatform.access.principal import principal_of
from snapplatform.access.services import create_access_key, delete_expired_tokens, issue_token
from snapplatform.errors import NotFound, Unauthenticated
from tests import factories

PASSWORD = "a password of tests"


def test_an_access_key_names_its_user_and_account(db):
    user = factories.make_user()
    key, secret = create_access_key(principal=principal_of(user), user=user)
    principal = by_access_key(key.pk, secret)
    assert (principal.account_id, principal.user_id, principal.access_key_id) == (
        user.account_id,
        user.pk,
        key.pk,
    )
    assert AccessKey.objects.get().last_used_at is not None


@pytest.mark.parametrize("change", ["secret", "id", "inactive", "user", "account", "nul", "surrogate"])
def test_whatever_is_wrong_gets_no_entry(db, change):
    user = factories.make_user()
    key, secret = create_access_key(principal=principal_of(user), user=user)
    key_id = key.pk
    if change == "secret":
        secret += "x"
    elif change == "id":
        key_id += "x"
    elif change == "nul":
        key_id += "\0"
    elif change == "surrogate":
        key_id, secret = "\ud800", "\ud800"
    elif change == "inactive":
        AccessKey.objects.update(status="inactive")
    elif change == "user":
        type(user).objects.update(is_active=False)
    else:
        Account.objects.update(status="disabled")
    with pytest.raises(Unauthenticated):
        by_access_key(key_id, secret)


def test_nobody_makes_keys_for_users_of_another_account(db):
    with pytest.raises(NotFound):
        create_access_key(principal=factories.make_principal(), user=factories.make_user())


def test_a_secret_is_not_in_the_database(db):
    user = factories.make_user()
    _, secret = create_access_key(principal=principal_of(user), user=user)
    stored = AccessKey.objects.get().secret_encrypted
    assert secret not in stored
    assert secrets.decrypt(stored) == secret


def test_a_token_opens_until_its_end(db):
    user = factories.make_user()
    text, end = issue_token(login=user.login, password=PASSWORD)
    assert by_token(text).user_id == user.pk
    assert Token.objects.get().digest != text
    with clock.hold(end + timedelta(seconds=1)):
        with pytest.raises(Unauthenticated):
            by_token(text)
        assert delete_expired_tokens() == 1


def test_a_wrong_password_gets_no_token(db):
    user = factories.make_user()
    for login, password in ((user.login, "wrong"), ("nobody", PASSWORD), ("\0", PASSWORD)):
        with pytest.raises(Unauthenticated):
            issue_token(login=login, password=password)


def test_only_who_runs_the_site_may_act_in_another_account(db):
    stranger = factories.make_account()
    plain = factories.make_principal()
    superuser = factories.make_principal(is_superuser=True)
    assert plain.acting_in(stranger.pk).account_id == plain.account_id
    assert superuser.acting_in(stranger.pk).account_id == stranger.pk
