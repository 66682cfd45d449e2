"""What the engine knows of PostgreSQL: sessions, types, and hashes of values that any two servers agree on."""
