"""Who is asking, and what they may do: accounts, users, access keys, tokens, require()."""
