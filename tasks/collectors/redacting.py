"""Takes secrets out of evidence before anything is kept of it, and says in its provenance how many of which form.

Captures are otherwise the very bytes that a source sent. Where something was taken out, a named marker stands in its
place, and the rows are read again from what is left: a stranger reads the same.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from checks.errors import CollectionError
from checks.evidence.records import Evidence, EvidenceRow, RawCapture, Scalar
from tasks.collectors.known_secrets import OURS, Hidden, hide_secrets
from tasks.collectors.own_secrets import SHORTEST, forms_of

REDACTED = "redacted"
"""Under this name a capture's own facts say how many secrets were taken out of it."""
SEALED_UP = "a body in an encoding that nobody can look into"
BEYOND = "what a body holds behind the limit to which it unpacks"
_ENCODING = "header.content-encoding"
_PACKED = ("gzip", "x-gzip", "deflate")
_GZIP = b"\x1f\x8b"
_MOST_UNPACKED = 10_000_000
_PIECE = 65536
_KEPT_AS_WRITTEN = frozenset({"subject", _ENCODING})
"""The catalogue's own words, and what says how a body is to be read."""

Reread = Callable[[Sequence[RawCapture]], tuple[EvidenceRow, ...]]


class Redactor:
    """Knows the secrets of one run, in every form; the forms of tokens and keys are known to all."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in forms_of(secret)}
        self._ours = tuple(sorted(forms, key=len, reverse=True))

    def __repr__(self) -> str:
        return f"Redactor({len(self._ours)} forms)"

    def __reduce__(self) -> tuple[type["Redactor"], tuple[()]]:
        """A copy elsewhere knows no secrets: they never leave this process."""
        return Redactor, ()

    def hide(self, text: str) -> Hidden:
        """A text without secrets, and what was taken out."""
        found: list[str] = []
        for form in self._ours:
            if form in text:
                found += [OURS] * text.count(form)
                text = text.replace(form, f"‹{OURS}›")
        hidden = hide_secrets(text)
        return Hidden(hidden.text, (*found, *hidden.found))

    def text(self, text: str) -> str:
        """A text without secrets."""
        return self.hide(text).text

    def evidence(self, evidence: Evidence, reread: Reread) -> Evidence:
        """Evidence without secrets; the very same where it holds none.

        Raises `CollectionError` where a row would show a secret that no capture shows: nothing is kept then.
        """
        counted: Counter[str] = Counter()
        captures = tuple(self._capture(capture, counted) for capture in evidence.captures)
        told = self._provenance(evidence, counted)
        if not counted:
            self._demand_clean(evidence.rows)
            return evidence
        rows = reread(captures)
        self._demand_clean(rows)
        facts = {**told, "rows": len(rows), "redactions": dict(sorted(counted.items()))}
        return Evidence(evidence.check, rows, captures, evidence.provenance.model_copy(update=facts))

    def _capture(self, capture: RawCapture, counted: Counter[str]) -> RawCapture:
        here: Counter[str] = Counter()
        body, encoding = self._body(capture, here)
        meta: dict[str, Scalar] = {
            name: value if name in _KEPT_AS_WRITTEN or not isinstance(value, str) else self._counted(value, here)
            for name, value in capture.meta.items()
        }
        if not here:
            return capture
        counted += here
        if not encoding:
            meta.pop(_ENCODING, None)
        return RawCapture(capture.item, body, {**meta, REDACTED: here.total()})

    def _body(self, capture: RawCapture, counted: Counter[str]) -> tuple[bytes, Scalar]:
        """What is kept of a body, and how that is encoded.

        A compressed body that holds a secret is kept unpacked; one that does not unpack whole is not kept at all, since
        nobody could read it either. What nobody has looked into is not kept: an encoding that is unknown here, and what
        comes behind the limit to which a body unpacks.
        """
        encoding = capture.meta.get(_ENCODING)
        if str(encoding).lower() not in _PACKED and (encoding or not capture.body.startswith(_GZIP)):
            if encoding in (None, "", "identity"):
                return self._bytes(capture.body, counted), encoding
            counted[SEALED_UP] += 1
            return b"", encoding
        limit = capture.meta.get("limit")
        inside = _unpacked(capture.body, limit if isinstance(limit, int) else _MOST_UNPACKED)
        before = counted.total()
        hidden = self._bytes(inside.data, counted)
        self._bytes(capture.body, counted)  # deflate may store text as it is
        if counted.total() > before:
            return (hidden, None) if inside.whole and encoding else (b"", encoding)
        if inside.read < len(capture.body):
            counted[BEYOND] += 1
        return capture.body[: inside.read], encoding

    def _provenance(self, evidence: Evidence, counted: Counter[str]) -> dict[str, Any]:
        told = evidence.provenance
        texts = {name: self._counted(getattr(told, name), counted) for name in ("source", "request")}
        parameters = {
            name: self._counted(value, counted) if isinstance(value, str) else value
            for name, value in told.parameters.items()
        }
        return {**texts, "parameters": parameters}

    def _demand_clean(self, rows: Sequence[EvidenceRow]) -> None:
        for row in rows:
            text = row.model_dump_json()
            if any(secret in text for secret in self._ours):
                raise CollectionError(
                    f"a row about {self.text(row.subject)} would show a credential of ours that stands in no capture"
                    " as it is; nothing of this collection is kept"
                )

    def _bytes(self, body: bytes, counted: Counter[str]) -> bytes:
        text = body.decode(errors="surrogateescape")
        hidden = self._counted(text, counted)
        return body if hidden is text else hidden.encode(errors="surrogateescape")

    def _counted(self, text: str, counted: Counter[str]) -> str:
        if len(text) < SHORTEST:
            return text
        hidden = self.hide(text)
        counted.update(hidden.found)
        return hidden.text if hidden.found else text


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """What was had out of a compressed body, whether that is all of it, and how many bytes of the body it was in."""

    data: bytes
    whole: bool
    read: int


def _unpacked(body: bytes, limit: int) -> _Unpacked:
    unpacking = zlib.decompressobj(wbits=47)
    inside = bytearray()
    for start in range(0, len(body), _PIECE):
        piece = body[start : start + _PIECE]
        try:
            inside += unpacking.decompress(piece, limit + 1 - len(inside))
        except zlib.error:
            return _Unpacked(bytes(inside), whole=False, read=start + len(piece))
        left = len(unpacking.unconsumed_tail) + len(unpacking.unused_data)
        if unpacking.eof or len(inside) > limit:
            whole = unpacking.eof and len(inside) <= limit
            return _Unpacked(bytes(inside), whole=whole, read=start + len(piece) - left)
    return _Unpacked(bytes(inside), whole=False, read=len(body))
