"""The registry of live streams, stream keys, and the hub that shares one ring among all readers."""
