"""Collects what is known of secrets: the register of their ages, and where some stand in the open."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from checks.evidence.digests import sha256
from checks.evidence.records import Evidence, RawCapture, json_bytes
from checks.kinds.secrets import RegisteredSecret, SecretsCheck, SecretsRow
from checks.places import Place
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.documents import DocumentReader, document_from
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.known_secrets import hide_secrets
from tasks.collectors.places import found_facts, requests
from tasks.collectors.secret_scan import scan
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Unreadable
from tasks.collectors.yaml_reading import parse_yaml_text

_FIELDS = ("name", "rotated_at", "owner", "vault")


class SecretsCollector:
    """Reads the register of a check and scans its files; no secret gets into what it brings."""

    kind: ClassVar[str] = "secrets"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._documents = DocumentReader(sources, now, http=http)

    async def collect(self, check: SecretsCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = [await self._register(check.register_at)] if check.register_at else []
        for number, place in enumerate(check.scan, start=1):
            item = item_name(number, f"scan-{place}")
            captures.append(await scan(place, item, self._sources, self._documents, self._now))
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(dict.fromkeys(check.sources)),
            request=requests(captures),
            parameters={"names": ", ".join(check.names)},
        )

    @staticmethod
    def rows_from(check: SecretsCheck, captures: Sequence[RawCapture]) -> tuple[SecretsRow, ...]:
        """A row for the register, and one for each place that was scanned."""
        by_subject = {one.meta["subject"]: one for one in captures}
        registers = [_register_row(by_subject[str(check.register_at)])] if check.register_at else []
        return (*registers, *(_scan_row(by_subject[str(place)]) for place in check.scan))

    async def aclose(self) -> None:
        await self._documents.aclose()

    async def _register(self, place: Place) -> RawCapture:
        """The register's entries without anything else that it holds; its bytes' digest is kept."""
        read = await self._documents.read(place, "register")
        document = document_from(read)
        if document.missing is not None:
            return RawCapture(read.item, b"", {**read.meta, "content": sha256(read.body)})
        kept = {name: value for name, value in read.meta.items() if name != "header.content-encoding"}
        meta = {**kept, "content": sha256(read.body)}
        try:
            return RawCapture(read.item, json_bytes(_entries(document.body)), meta)
        except Unreadable as error:
            return RawCapture(read.item, b"", {**meta, "unreadable": str(error)})


def _entries(body: bytes) -> list[dict[str, str | None]]:
    """What a register lists, cut down to what is asked of it."""
    try:
        document = parse_yaml_text(body)
    except Unreadable:
        raise Unreadable("is neither YAML nor JSON") from None
    listed = document.get("secrets") if isinstance(document, dict) else document
    if not isinstance(listed, list):
        raise Unreadable("is no list of secrets, and has none under `secrets`")
    odd = [one for one in listed if not (isinstance(one, dict) and isinstance(one.get("name"), str))]
    if odd:
        raise Unreadable("has an entry without a name")
    return [{field: _shown(entry.get(field)) for field in _FIELDS} for entry in listed]


def _shown(value: object) -> str | None:
    """A field as text; what looks like a secret in it is left out, and YAML's words for nothing are nothing."""
    if not isinstance(value, str) or value.strip() in ("", "null", "~"):
        return None
    return printable(hide_secrets(value).text, 200)


def _register_row(capture: RawCapture) -> SecretsRow:
    facts: dict[str, Any] = {"part": "register", **found_facts(str(capture.meta["subject"]), capture)}
    if facts["missing"] is not None:
        return SecretsRow(**facts)
    if "unreadable" in capture.meta:
        return SecretsRow(**facts, unreadable=capture.meta["unreadable"])
    listed = json.loads(capture.body)
    entries = tuple(RegisteredSecret(**{**one, "rotated_at": _instant(one["rotated_at"])}) for one in listed)
    return SecretsRow(**facts, entries=entries)


def _instant(text: str | None) -> datetime | None:
    """A day, or an instant with a zone; anything else is no date."""
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC) if len((text or "").strip()) == len("2026-11-22") else None
    return found


def _scan_row(capture: RawCapture) -> SecretsRow:
    found = json.loads(capture.body)
    facts = found_facts(str(capture.meta["subject"]), capture)
    facts["missing"] = "does not exist: no file matches" if not found["files"] and not found["unscanned"] else None
    return SecretsRow(
        part="scan",
        **facts,
        files=found["files"],
        exposures=found["exposures"],
        exposed=tuple(found["exposed"]),
        unscanned=tuple(found["unscanned"]),
    )
