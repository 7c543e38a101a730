"""Where bytes go: buckets, object names, the atomic store, the ledger of stored objects, retention."""
