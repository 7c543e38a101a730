"""Stored objects over signed links: GET and HEAD of /files/<token>/<name>."""
