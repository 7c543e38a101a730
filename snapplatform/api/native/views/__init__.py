"""The views of the native API, one file a subject: parse, call a service or selector, write JSON."""
