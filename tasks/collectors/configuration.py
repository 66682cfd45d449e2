"""Collects configuration: what is set, without secrets, and the digest of the very bytes."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from checks.evidence.digests import sha256
from checks.evidence.records import Evidence, RawCapture, json_bytes
from checks.kinds.configuration import ConfigurationCheck, ConfigurationDocument, ConfigurationRow
from checks.places import Place
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.documents import DocumentReader, document_from
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.places import found_facts, requests, scalar
from tasks.collectors.settings_documents import read_settings
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Unreadable, at


class ConfigurationCollector:
    """Reads the documents of a check."""

    kind: ClassVar[str] = "configuration"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._now = now
        self._documents = DocumentReader(sources, now, http=http)

    async def collect(self, check: ConfigurationCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = [
            await self._read(one.at, item_name(number, name))
            for number, (name, one) in enumerate(check.documents.items(), start=1)
        ]
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(check.sources),
            request=requests(captures),
        )

    @staticmethod
    def rows_from(check: ConfigurationCheck, captures: Sequence[RawCapture]) -> tuple[ConfigurationRow, ...]:
        """A row for each document, in their order."""
        documents = check.documents.items()
        return tuple(_row(name, one, capture) for (name, one), capture in zip(documents, captures, strict=True))

    async def aclose(self) -> None:
        await self._documents.aclose()

    async def _read(self, place: Place, item: str) -> RawCapture:
        """What a document sets, without secrets; of its bytes the digest is kept, and how many they are."""
        read = await self._documents.read(place, item)
        document = document_from(read)
        if document.missing is not None:
            return RawCapture(item, b"", read.meta)
        meta = {name: value for name, value in read.meta.items() if name != "header.content-encoding"}
        meta |= {"content": sha256(document.body), "content_bytes": len(document.body)}
        try:
            return RawCapture(item, json_bytes(read_settings(place.path, document.body)), meta)
        except Unreadable as error:
            return RawCapture(item, b"", {**meta, "unreadable": printable(str(error), 300)})


def _row(name: str, asked: ConfigurationDocument, capture: RawCapture) -> ConfigurationRow:
    facts: dict[str, Any] = found_facts(name, capture)
    if facts["missing"] is not None:
        return ConfigurationRow(**facts)
    facts |= {"sha256": capture.meta["content"], "body_bytes": capture.meta["content_bytes"]}
    if "unreadable" in capture.meta:
        return ConfigurationRow(**facts, unreadable=capture.meta["unreadable"])
    told = json.loads(capture.body)
    return ConfigurationRow(**facts, settings={path: scalar(at(told, path)) for path in asked.settings})
