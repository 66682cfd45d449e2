"""Digests: SHA-256 in lower-case hexadecimal, the only algorithm in a bundle."""

import hashlib
from typing import Annotated

from pydantic import StringConstraints

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\z")]


def sha256(data: bytes) -> str:
    """The digest of some bytes."""
    return hashlib.sha256(data).hexdigest()
