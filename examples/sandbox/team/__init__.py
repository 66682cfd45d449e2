"""What the sandbox's team keeps in files: its documents, and what its builds leave behind."""
