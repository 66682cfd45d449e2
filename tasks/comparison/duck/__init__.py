"""What the engine knows of DuckDB: a private instance, its types, and forms of values that hash alike on both sides."""
