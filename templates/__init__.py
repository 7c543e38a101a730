"""Snapshot templates: how often pictures are taken and under what names. Rows, not HTML."""
