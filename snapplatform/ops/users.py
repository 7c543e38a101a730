"""Finding the user that a command names, and who acts when it names none."""

from django.core.management.base import CommandError

from snapplatform.access.models import User
from snapplatform.access.principal import Principal
from snapplatform.ids import NOBODY


def user_of(login: str) -> User:
    """The user with this login name. Raises CommandError with the names there are."""
    user = User.objects.select_related("account").filter(login=login).first()
    if user is None:
        known = ", ".join(User.objects.order_by("login").values_list("login", flat=True)[:10]) or "none"
        raise CommandError(f"No user has the login name {login!r}. Known: {known}.")
    return user


def console() -> Principal:
    """Whoever may run commands here, with the site's settings and secrets, runs the site. No user's row."""
    return Principal(account_id=0, user_id=NOBODY, name="console", is_superuser=True)
