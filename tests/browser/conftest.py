"""A real Chromium at a real server; without one on the machine these tests are skipped."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from snapplatform.access.models import Account, User
from snapplatform.access.principal import Principal, principal_of
from tests import factories

PASSWORD = "a password of tests"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


@pytest.fixture(scope="session")
def _one_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """Playwright runs an event loop in this thread, where Django refuses the database unless told."""
    patch = pytest.MonkeyPatch()
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    yield
    patch.undo()


@pytest.fixture
def page(_one_thread: None, tmp_path: Path) -> Iterator[Page]:
    """An empty page, of a browser with its own profile. What its console complains about fails the test."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium here: install Debian's `chromium` to run the browser tests")
    with sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            str(tmp_path / "profile"),
            executable_path=chromium,
            args=FLAGS,
            viewport={"width": 1440, "height": 900},
        )
        context.set_default_timeout(15_000)
        page = context.pages[0]
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        context.close()
    assert not complaints


@pytest.fixture
def operator(transactional_db: None) -> User:
    """Who runs the site, of an account that has a bucket and nothing else."""
    account: Account = factories.make_account("default")
    user = factories.make_user(account, is_staff=True, is_superuser=True, is_root=True)
    factories.make_bucket(principal_of(user), "snapshots")
    return user


@pytest.fixture
def who(operator: User) -> Principal:
    return principal_of(operator)


@pytest.fixture
def admin_page(page: Page, live_server: LiveServer, operator: User) -> Page:
    """The dashboard, signed in through the form."""
    page.goto(f"{live_server.url}/admin/")
    page.fill("#id_username", operator.login)
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    return page
