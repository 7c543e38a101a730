"""The JSON of the native API, one file a subject: what comes in, what goes out, and what lists take."""
