"""Anchors: who outside the log's own key vouches for a checkpoint, reached over HTTP under a time limit."""

import time
from collections.abc import Callable
from http import HTTPStatus

import httpx
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from checks.errors import SealError, VerificationError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.notes import NoteSignature, SignedNote
from checks.evidence.witnessing import WitnessRequest
from tasks.sealing.log_files import LogFiles

_PATIENCE = 10.0  # seconds for one answer
_TRIES = 3
_PAUSE = 0.5  # seconds before the second try, doubled each time
_MOST = 1 << 20  # bytes of an answer

Pause = Callable[[float], None]


class WitnessClient:
    """Asks a witness at an address to cosign a checkpoint (C2SP tlog-witness)."""

    def __init__(self, url: str, client: httpx.Client, pause: Pause = time.sleep) -> None:
        self._url = f"{url.rstrip('/')}/add-checkpoint"
        self._client = client
        self._pause = pause
        self._old = 0

    def cosign(self, log: LogFiles, note: SignedNote) -> tuple[NoteSignature, ...]:
        """The witness's signature lines; a witness that refuses, or cannot be reached, is a `SealError`.

        Where the witness has cosigned another size than we thought, it says so, and is asked again from there.
        """
        size = Checkpoint.of(note).size
        answer = self._ask(log, note, size)
        if answer.status_code == HTTPStatus.CONFLICT and answer.text.strip().isdecimal():
            self._old = int(answer.text)
            if self._old > size:
                raise SealError(
                    f"the witness {self._url} has cosigned {self._old} leaves and this log has {size}: it has gone back"
                )
            answer = self._ask(log, note, size)
        if answer.status_code != HTTPStatus.OK:
            raise SealError(f"the witness {self._url} refused ({answer.status_code}): {answer.text.strip()[:300]}")
        self._old = size
        try:
            return tuple(NoteSignature.parse(line) for line in answer.text.splitlines(keepends=True))
        except VerificationError as error:
            raise SealError(f"the witness {self._url} answered with no cosignature: {error}") from error

    def _ask(self, log: LogFiles, note: SignedNote, size: int) -> httpx.Response:
        old = min(self._old, size)
        request = WitnessRequest(old, tuple(log.consistency(old, size)), note)
        return post(self._client, self._url, request.data, kind="text/plain; charset=utf-8", pause=self._pause)


class TimestampClient:
    """Asks an authority at an address for timestamps (RFC 3161 over HTTP)."""

    def __init__(self, url: str, client: httpx.Client, pause: Pause = time.sleep) -> None:
        self._url = url
        self._client = client
        self._pause = pause

    def stamp(self, data: bytes) -> bytes:
        """The authority's answer over some bytes, its certificate in it; whether to trust it is for verification."""
        query = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
        request = query.nonce(nonce=True).cert_request(cert_request=True).build()
        kind = "application/timestamp-query"
        answer = post(self._client, self._url, request.as_bytes(), kind=kind, pause=self._pause)
        if answer.status_code != HTTPStatus.OK:
            raise SealError(f"the timestamping authority {self._url} answered {answer.status_code}")
        try:
            found = decode_timestamp_response(answer.content)
            same = found.tst_info.message_imprint.message == request.message_imprint.message
            mine = same and found.tst_info.nonce == request.nonce
        except ValueError as error:
            raise SealError(f"the timestamping authority {self._url} sent no timestamp: {error}") from error
        if not mine:
            raise SealError(f"the timestamping authority {self._url} sent a timestamp of something else")
        return answer.content


def post(client: httpx.Client, url: str, body: bytes, *, kind: str, pause: Pause) -> httpx.Response:
    """What an address answers; asked again after a pause where it does not answer, or is broken."""
    for tried in range(1, _TRIES + 1):
        try:
            answer = client.post(url, content=body, headers={"Content-Type": kind}, timeout=_PATIENCE)
        except httpx.HTTPError as error:
            because = f"{type(error).__name__}: {error}"
        else:
            if answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and len(answer.content) <= _MOST:
                return answer
            because = f"it answered {answer.status_code} with {len(answer.content)} bytes"
        if tried < _TRIES:
            pause(_PAUSE * 2 ** (tried - 1))
    raise SealError(f"{url} could not be asked {_TRIES} times: {because}")
