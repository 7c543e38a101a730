"""Admin of accounts, users and keys, and the bases that keep every other admin inside its account."""

from snapplatform.access.admin import accounts, keys, users

__all__ = ["accounts", "keys", "users"]
