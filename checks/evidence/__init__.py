"""What evidence is: records, digests, statements and their verification; pure, importable without the rest."""
