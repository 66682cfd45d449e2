"""What the engine knows of files: which ones an address names, when they change, and how DuckDB reads them."""
