"""bootstrap: what a new site finds ready, once."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from snapplatform.access.models import Account, KeyFingerprint, User
from snapplatform.access.secrets import WrongEncryptionKey
from snapplatform.ops.bootstrap import ADMIN_LOGIN, DEFAULT_ACCOUNT_ID, bootstrap
from snapplatform.storage.models import Bucket
from templates.models import Template
from tests.ops.conftest import SiteMaker
from tests.ops.processes import MANAGE, PATIENCE

pytestmark = pytest.mark.django_db


def test_a_new_site_gets_account_administrator_bucket_and_templates() -> None:
    outcome = bootstrap()
    account = Account.objects.get(pk=1000000000000001)
    assert account.name == "default"
    admin = User.objects.get(login=ADMIN_LOGIN)
    assert (admin.account, admin.ram_name) == (account, "admin")
    assert admin.is_root
    assert admin.is_staff
    assert admin.is_superuser
    assert admin.check_password(outcome.password)
    bucket = Bucket.objects.get()
    assert (bucket.account, bucket.endpoint, bucket.name) == (account, "local", "snapshots")
    templates = Template.objects.order_by("interval_ms")
    assert [item.interval_ms for item in templates] == [5_000, 10_000, 30_000, 60_000]
    assert {item.kind for item in templates} == {"system"}
    assert templates[0].name == "Every 5 seconds"
    assert templates[0].overwrite_format == "snapshot/{JobId}.jpg"
    assert templates[0].sequence_format == "snapshot/{JobId}/{UnixTimestamp}.jpg"


def test_the_second_time_changes_nothing_and_shows_no_password() -> None:
    bootstrap()
    admin = User.objects.values().get(login=ADMIN_LOGIN)
    again = bootstrap()
    assert (again.made, again.password) == ([], "")
    assert User.objects.values().get(login=ADMIN_LOGIN) == admin
    assert (Bucket.objects.count(), Template.objects.count()) == (1, 4)


def test_the_password_of_the_settings_is_used_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SNAP", _replaced(admin_password="from the settings"))
    outcome = bootstrap()
    assert outcome.password == ""
    assert User.objects.get(login=ADMIN_LOGIN).check_password("from the settings")
    assert "from the settings" not in repr(outcome)


def test_a_renamed_administrator_gets_no_second_one_beside_it() -> None:
    bootstrap()
    User.objects.filter(login=ADMIN_LOGIN).update(login="someone", ram_name="someone")
    assert bootstrap().made == []
    assert User.objects.get().login == "someone"


def test_what_was_deleted_comes_back_and_other_accounts_get_templates_too() -> None:
    bootstrap()
    Bucket.objects.all().delete()
    Template.objects.filter(interval_ms=5000).delete()
    other = Account.objects.create(pk=DEFAULT_ACCOUNT_ID + 1, name="other")
    assert len(bootstrap().made) == 6
    assert Template.objects.filter(account=other, kind="system").count() == 4
    assert not Bucket.objects.filter(account=other).exists()


def test_a_database_of_another_key_is_refused() -> None:
    KeyFingerprint.objects.create(pk=1, fingerprint="0123456789abcdef")
    with pytest.raises(WrongEncryptionKey, match="SNAP_ENCRYPTION_KEYS"):
        bootstrap()
    assert not User.objects.exists()


def test_several_at_once_on_a_new_site_make_everything_once(tmp_path: Path, site: SiteMaker) -> None:
    """Also the secrets of the data directory, which the first start makes."""
    command = [sys.executable, MANAGE, "bootstrap"]
    env = site()
    running = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(3)
    ]
    texts = [process.communicate(timeout=PATIENCE)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], texts
    assert sum("password" in text for text in texts) == 1
    assert sum("Everything is there already." in text for text in texts) == 2
    assert sorted(path.name for path in tmp_path.glob("*_key")) == ["encryption_key", "secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def _replaced(**changes: object) -> object:
    return replace(settings.SNAP, **changes)
