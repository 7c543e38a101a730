"""Settings of the tests: their own data directory, and PostgreSQL when SNAP_TEST_DATABASE_URL says so."""

import os
import tempfile
from pathlib import Path

_root = Path(tempfile.mkdtemp(prefix="snapplatform-tests-"))
for _name in [name for name in os.environ if name.startswith("SNAP_") and not name.startswith("SNAP_TEST_")]:
    del os.environ[_name]  # a developer's own settings must not reach the tests
os.environ["SNAP_DATA_DIR"] = str(_root)
if os.environ.get("SNAP_TEST_DATABASE_URL"):
    os.environ["SNAP_DATABASE_URL"] = os.environ["SNAP_TEST_DATABASE_URL"]

from snapplatform.settings import *  # noqa: E402, F403
from snapplatform.settings import DATABASES  # noqa: E402

TEST_ROOT = _root
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one costs 0.2 s a user
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and child processes of the tests must see the same rows.
    DATABASES["default"]["TEST"] = {"NAME": str(_root / "test.sqlite3")}
