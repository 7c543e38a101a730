"""The processes of the site and the periodic work that exactly one of them does."""
