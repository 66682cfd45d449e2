"""The capture of a pulse: every look with its facts, and each distinct body once, as compressed lines of JSON.

`zcat` reads it. The first line says what was to be looked at when; a line with `sha256` holds a body, as `text` or in
`base64`, and stands before the first look that names it; a line with `at` is a look.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from checks.errors import VerificationError
from checks.evidence.records import RawCapture, Scalar, rfc3339

ITEM = "looks.jsonl.gz"
_PART = 64 * 1024
_MOST = 512 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS

Line = Mapping[str, Any]


class LookWriter:
    """Collects looks into the bytes of one capture; text is compressed part by part, so that it needs little room."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._pending = 0
        self._parts: list[bytes] = []
        self._bodies: set[str] = set()

    def add(self, at: datetime, captures: Sequence[RawCapture], failure: str | None) -> None:
        """Notes one look: what came of it, or why nothing could."""
        listed = [{"item": one.item, "meta": dict(one.meta), "sha256": self._body(one.body)} for one in captures]
        self._write({"at": rfc3339(at), "captures": listed, "failure": failure})

    def capture(self, header: Mapping[str, Scalar]) -> RawCapture:
        """The whole capture; its meta repeats what the first line says."""
        self._flush()
        first = _compressed(_line(header))
        return RawCapture(ITEM, b"".join((first, *self._parts)), dict(header))

    def _body(self, body: bytes) -> str:
        digest = hashlib.sha256(body).hexdigest()
        if digest not in self._bodies:
            self._bodies.add(digest)
            self._write({"sha256": digest, **_written(body)})
        return digest

    def _write(self, line: Line) -> None:
        self._lines.append(_line(line))
        self._pending += len(self._lines[-1])
        if self._pending > _PART:
            self._flush()

    def _flush(self) -> None:
        if self._lines:
            self._parts.append(_compressed(b"".join(self._lines)))
        self._lines, self._pending = [], 0


def read_looks(capture: RawCapture) -> tuple[Line, list[tuple[datetime, tuple[RawCapture, ...], str | None]]]:
    """The first line, and every look; what no pulse would have written is refused."""
    try:
        header, *lines = (json.loads(line) for line in _lines(capture.body))
        bodies: dict[str, bytes] = {}
        looks = []
        for line in lines:
            if "sha256" in line:
                bodies[line["sha256"]] = _read_body(line)
            else:
                captures = tuple(
                    RawCapture(one["item"], bodies[one["sha256"]], one["meta"]) for one in line["captures"]
                )
                looks.append((datetime.fromisoformat(line["at"]), captures, line["failure"]))
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise VerificationError(f"{capture.item} is no capture of a pulse: {type(error).__name__}: {error}") from error
    return header, looks


def _written(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode("ascii")}


def _read_body(line: Line) -> bytes:
    body = line["text"].encode() if "text" in line else base64.b64decode(line["base64"], validate=True)
    if hashlib.sha256(body).hexdigest() != line["sha256"]:
        raise ValueError(f"the body {line['sha256']} is another one")
    return bytes(body)


def _line(value: Line) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"


def _compressed(data: bytes) -> bytes:
    """One member of a gzip file, without a time or a name in it."""
    compressor = zlib.compressobj(wbits=_GZIP)
    return compressor.compress(data) + compressor.flush()


def _lines(data: bytes) -> Iterator[bytes]:
    """The lines of a gzip file of several members; one that holds far more than a pulse can is refused."""
    whole = bytearray()
    while data:
        member = zlib.decompressobj(wbits=_GZIP)
        whole += member.decompress(data, _MOST - len(whole) + 1)
        if len(whole) > _MOST or not member.eof:
            raise ValueError("it is cut, or holds more than a pulse can")
        data = member.unused_data
    yield from bytes(whole).splitlines()
