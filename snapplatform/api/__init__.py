"""Requests in, domain calls, answers out: one folder per API."""
