"""Names that speak of secrets: what stands under one of them is not kept as evidence."""

import re

_SECRET = re.compile(r"(?i)cookie|auth|token|secret|key|session|passw|credential|signature|csrf|xsrf|jwt|nonce")

_GIVEN = re.compile(r"(?i)passw(or)?d|passphrase|secret|token|api_?key|access_?key|private_?key|auth_string|credential")


def speaks_of_secrets(name: str) -> bool:
    """Whether a header or field of this name may hold a secret; rather too many than too few."""
    return _SECRET.search(name) is not None


def names_a_secret(variable: str) -> bool:
    """Whether an environment variable of this name surely holds a secret; `SSH_AUTH_SOCK` and the like do not."""
    return _GIVEN.search(variable) is not None
