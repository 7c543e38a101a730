"""Streams of every scheme that is not spoken by own code: read by PyAV, in child processes.

`client.py: AvPull` is what a node uses. Import the modules you need; this file stays empty so that a child
loads nothing it does not use.
"""
