"""What the engine knows of MySQL and MariaDB: sessions, and types whose values lose nothing on their way."""
