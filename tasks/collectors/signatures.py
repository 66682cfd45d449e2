"""Collects artefacts with their signatures, byte for byte, and says by whose key each was made."""

from collections.abc import Sequence
from typing import Any, ClassVar

from checks.errors import VerificationError
from checks.evidence.artifact_signatures import ArtifactSignature
from checks.evidence.digests import sha256
from checks.evidence.records import Evidence, RawCapture
from checks.kinds.signatures import SignaturesCheck, SignaturesRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.documents import DocumentReader, document_from
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name
from tasks.collectors.places import found_facts, requests
from tasks.collectors.sources import Sources


class SignaturesCollector:
    """Reads the artefacts and the signatures of a check; the keys are the catalogue's."""

    kind: ClassVar[str] = "signatures"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._now = now
        self._documents = DocumentReader(sources, now, http=http)

    async def collect(self, check: SignaturesCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        places = [place for one in check.artefacts.values() for place in (one.file, one.signature)]
        captures = [
            await self._documents.read(place, item_name(number, str(place)))
            for number, place in enumerate(places, start=1)
        ]
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(check.sources),
            request=requests(captures),
            parameters={"keys": ", ".join(check.keys), "namespace": check.namespace},
        )

    @staticmethod
    def rows_from(check: SignaturesCheck, captures: Sequence[RawCapture]) -> tuple[SignaturesRow, ...]:
        """A row for each artefact; its signature's capture comes right after its own."""
        pairs = zip(captures[::2], captures[1::2], strict=True)
        return tuple(_row(check, name, *pair) for name, pair in zip(check.artefacts, pairs, strict=True))

    async def aclose(self) -> None:
        await self._documents.aclose()


def _row(check: SignaturesCheck, name: str, artefact: RawCapture, signature: RawCapture) -> SignaturesRow:
    signed, body = document_from(signature), document_from(artefact).body
    facts: dict[str, Any] = {
        **found_facts(name, artefact),
        "signature": signed.where,
        "unsigned": signed.missing,
    }
    if facts["missing"] is not None or signed.missing is not None:
        return SignaturesRow(**facts)
    facts["sha256"] = sha256(body)
    try:
        found = ArtifactSignature.parse(signed.body, check.namespace)
    except VerificationError as error:
        return SignaturesRow(**facts, unreadable=str(error))
    signer = next((name for name, key in check.trusted.items() if found.is_by(key, body)), None)
    return SignaturesRow(**facts, form=found.form, signer=signer)
