"""DSSE: the envelopes that statements travel in (Dead Simple Signing Envelope, v1.0)."""

import base64
import json
from functools import lru_cache
from typing import Literal

from checks.errors import VerificationError
from checks.evidence.records import Record

PAYLOAD_TYPE = "application/vnd.in-toto+json"


class EnvelopeSignature(Record):
    """One signature, and a hint at whose: the fingerprint of its key."""

    keyid: str
    sig: str


class Envelope(Record):
    """A DSSE envelope: base64 of a payload, and of the signature of its pre-authentication encoding."""

    payload: str
    payloadType: Literal["application/vnd.in-toto+json"]  # noqa: N815 (DSSE's spelling)
    signatures: tuple[EnvelopeSignature]


def pre_authentication_encoding(payload: bytes) -> bytes:
    """What DSSE signs of a statement."""
    return type_bound(PAYLOAD_TYPE, payload)


def type_bound(payload_type: str, payload: bytes) -> bytes:
    """What DSSE signs: the type and the payload, each with its length."""
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)


def write_base64(data: bytes) -> str:
    """Bytes as an envelope has them."""
    return base64.b64encode(data).decode()


def read_base64(text: str) -> bytes:
    """And back; anything but the alphabet and its padding is refused with `ValueError`."""
    return base64.b64decode(text, validate=True)


def envelope(payload: bytes, *, keyid: str, signature: bytes) -> bytes:
    """The file that carries a payload and its signature."""
    signatures = [{"keyid": keyid, "sig": base64.b64encode(signature).decode()}]
    return compact_json(
        {"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": signatures}
    )


@lru_cache(maxsize=64)  # two steps of verification open the same envelopes
def open_envelope(data: bytes) -> tuple[bytes, bytes]:
    """The payload and the signature in an envelope; one that `envelope` would not write again is refused."""
    try:
        record = Envelope.model_validate_json(data)
        payload = base64.b64decode(record.payload, validate=True)
        signature = base64.b64decode(record.signatures[0].sig, validate=True)
    except ValueError as error:  # of pydantic, and of base64 where there is a character that it has not
        raise VerificationError("it is no DSSE envelope with one signature") from error
    if envelope(payload, keyid=record.signatures[0].keyid, signature=signature) != data:
        raise VerificationError("it is not written the way a sealed bundle's envelopes are")
    return payload, signature


def compact_json(value: object) -> bytes:
    """JSON without a space that is not needed, and no newline at the end."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def sigstore_bundle(enveloped: bytes) -> bytes:
    """An envelope as a Sigstore bundle, v0.3, for tools that read those; its key is found by its fingerprint.

    It is in no public log of Sigstore's: the place of a bundle in the evidence log is proved beside it.
    """
    told = Envelope.model_validate_json(enveloped)
    material = {"publicKey": {"hint": told.signatures[0].keyid}, "tlogEntries": []}
    return compact_json(
        {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": material,
            "dsseEnvelope": told.model_dump(mode="json"),
        }
    )
