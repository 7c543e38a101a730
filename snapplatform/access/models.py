"""Accounts (tenants), their users, and what users authenticate with."""

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from snapplatform import clock, ids


def known_zone(name: str) -> None:
    """Raise ValidationError for a time zone that this machine doesn't know."""
    if name not in available_timezones():
        raise ValidationError("Write a time zone as Europe/Berlin or UTC.")


class Account(models.Model):
    """A tenant. Every other row belongs to one, and nobody sees another account's anything."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        DISABLED = "disabled"

    id = models.BigIntegerField(primary_key=True, help_text="16 digits")
    name = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[known_zone], help_text="used for {Date} in object names"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, login: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(login=login, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, login: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(login, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person or program of one account. `is_root` owns the account; `is_superuser` runs the whole site."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="users")
    login = models.CharField(
        max_length=150, unique=True, help_text="signs in at the admin; unique on the whole site"
    )
    ram_name = models.CharField(
        max_length=64,
        validators=[RegexValidator(r"^[A-Za-z0-9._-]+$", "Letters, digits, dot, dash and underscore only.")],
        help_text="the name in policies; unique in its account",
    )
    display_name = models.CharField(max_length=128, blank=True)
    is_root = models.BooleanField("account owner", default=False)
    is_staff = models.BooleanField("may use the admin", default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["account", "ram_name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "ram_name"], name="user_ram_name_unique_in_account")
        ]

    def __str__(self) -> str:
        return self.login


class AccessKey(models.Model):
    """An id and a secret for programs. The secret is shown once, and kept encrypted for signatures."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        INACTIVE = "inactive"

    id = models.CharField(primary_key=True, max_length=64, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_keys")
    secret_encrypted = models.TextField(editable=False)
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    description = models.CharField(max_length=128, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.id


class Token(models.Model):
    """A bearer token of the native API; only its SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"token of {self.user_id}"


class KeyFingerprint(models.Model):
    """The fingerprint of the newest encryption key this database was used with. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    fingerprint = models.CharField(max_length=64)
