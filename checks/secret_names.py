"""Names that speak of secrets: what stands under one of them is not kept as evidence."""

import re

_SECRET = re.compile(r"(?i)cookie|auth|token|secret|key|session|passw|credential|signature|csrf|xsrf|jwt|nonce")


def speaks_of_secrets(name: str) -> bool:
    """Whether a header or field of this name may hold a secret; rather too many than too few."""
    return _SECRET.search(name) is not None
