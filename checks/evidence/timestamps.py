"""Trusted timestamps (RFC 3161): that some bytes were there at a time, by the word of an authority."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from cryptography.x509 import Certificate
from rfc3161_client import VerificationError as WrongTimestamp
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from checks.errors import VerificationError

STAMP_FILE = "checkpoint.tsr"


def stamped_at(response: bytes, data: bytes, roots: Sequence[Certificate]) -> datetime:
    """When an authority below one of the roots saw these bytes; refused if none did.

    Certificates have to be valid at that time and not now, so a timestamp outlives them.
    """
    try:
        found = decode_timestamp_response(response)
        builder = VerifierBuilder()
        for root in roots:
            builder = builder.add_root_certificate(root)
        builder.build().verify(found, _digest(found.tst_info.message_imprint.hash_algorithm.dotted_string, data))
    except (WrongTimestamp, ValueError) as error:
        raise VerificationError(f"it is no timestamp of these bytes by a trusted authority: {error}") from error
    return found.tst_info.gen_time


_DIGESTS = {
    "2.16.840.1.101.3.4.2.1": hashlib.sha256,
    "2.16.840.1.101.3.4.2.2": hashlib.sha384,
    "2.16.840.1.101.3.4.2.3": hashlib.sha512,
}


def _digest(algorithm: str, data: bytes) -> bytes:
    if algorithm not in _DIGESTS:
        raise VerificationError(f"a timestamp by the digest {algorithm} does not count; SHA-256 or longer does")
    return _DIGESTS[algorithm](data).digest()
