"""What a log asks of a witness, and what a witness answers (C2SP tlog-witness, `add-checkpoint`)."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from checks.errors import VerificationError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.merkle import EMPTY_ROOT, is_consistent
from checks.evidence.notes import NoteKey, SignedNote

_OLD = re.compile(r"old (0|[1-9]\d{0,15})")
_MOST = 63


@dataclass(frozen=True, slots=True)
class WitnessRequest:
    """A new checkpoint, and the proof that its log begins with the one the witness cosigned last."""

    old: int
    path: tuple[bytes, ...]
    note: SignedNote

    @property
    def data(self) -> bytes:
        """The request's body."""
        lines = [f"old {self.old}", *(base64.b64encode(one).decode() for one in self.path), "", ""]
        return "\n".join(lines).encode() + self.note.data

    @classmethod
    def parse(cls, data: bytes) -> "WitnessRequest":
        """Reads a body strictly."""
        head, _, note = data.partition(b"\n\n")
        try:
            old, *path = head.decode("ascii").split("\n")
            hashes = tuple(base64.b64decode(one, validate=True) for one in path)
        except (ValueError, binascii.Error) as error:
            raise VerificationError("it is no request to a witness: its first lines cannot be read") from error
        match = _OLD.fullmatch(old)
        if match is None or len(path) > _MOST:
            raise VerificationError("it is no request to a witness: it begins with `old` and a size")
        request = cls(int(match[1]), hashes, SignedNote.parse(note))
        if request.data != data:
            raise VerificationError("it is no request to a witness: written again it would read otherwise")
        return request


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a witness does not cosign; `size` is what it cosigned last, where the log has to begin again from there."""

    status: HTTPStatus
    because: str
    size: int | None = None


def refusal(request: WitnessRequest, last: Checkpoint | None, logs: Sequence[NoteKey]) -> Refusal | None:
    """Why a request cannot be granted after the checkpoint that was cosigned last; `None` if it can.

    The order of the checks is the specification's: a log nobody knows, a signature, sizes, consistency.
    """
    try:
        checkpoint = Checkpoint.of(request.note)
    except VerificationError as error:
        return Refusal(HTTPStatus.BAD_REQUEST, str(error))
    keys = [key for key in logs if key.name == checkpoint.origin]
    if not keys:
        return Refusal(HTTPStatus.NOT_FOUND, f"this witness does not know the log {checkpoint.origin}")
    try:
        signed = request.note.signed_by(keys)
    except VerificationError as error:
        return Refusal(HTTPStatus.FORBIDDEN, str(error))
    if not signed:
        return Refusal(HTTPStatus.FORBIDDEN, f"no known key of {checkpoint.origin} signed the checkpoint")
    return _inconsistency(request, checkpoint, last)


def _inconsistency(request: WitnessRequest, checkpoint: Checkpoint, last: Checkpoint | None) -> Refusal | None:
    known = last or Checkpoint(checkpoint.origin, 0, EMPTY_ROOT)
    if request.old > checkpoint.size:
        return Refusal(HTTPStatus.BAD_REQUEST, f"the old size {request.old} is above the new one, {checkpoint.size}")
    if request.old != known.size:
        because = f"size {known.size} was cosigned last, not {request.old}"
        if checkpoint.size < known.size:
            because += f"; a log that goes back to {checkpoint.size} has lost leaves"
        return Refusal(HTTPStatus.CONFLICT, because, known.size)
    if not is_consistent((known.size, known.root), (checkpoint.size, checkpoint.root), request.path):
        return Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"size {checkpoint.size} does not begin with the size {known.size} that was cosigned: the log has forked",
        )
    return None
