"""Admin of accounts, users, access keys and tokens, and the bases that keep every other admin inside its account."""

from snapplatform.access.admin import accounts, keys, users

__all__ = ["accounts", "keys", "users"]
