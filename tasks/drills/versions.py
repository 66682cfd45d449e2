"""Compares PostgreSQL's versions: only the major one decides whether an archive can be read or restored."""

import re


def major(version: str) -> int:
    """The major version of `18.6` or `15.20 (Debian 15.20-0)`; 0 where the text names none."""
    match = re.match(r"\s*(\d+)", version)
    return int(match[1]) if match else 0
