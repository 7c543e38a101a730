"""Snapshot jobs: a template applied to a stream, and the pictures it takes."""
