"""The evidence store: verdicts, owed slots and bundles, append-only, in SQLite or PostgreSQL."""
