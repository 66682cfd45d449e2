"""Collects what speaks of a release: documents, tags, changelogs, and artefacts with their digests."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from checks.evidence.digests import sha256
from checks.evidence.records import Evidence, RawCapture
from checks.kinds.dated import Candidate, VersionPlace
from checks.kinds.releases import HasHeading, ListsDigest, ListsTags, ReleasesCheck, ReleasesRow, SaysVersion, Statement
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.documents import document_from
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.places import PlaceReader, found_facts, requests, said_at
from tasks.collectors.release_papers import listed_digest, newest_in_changelog, tag_of, tagged_commits
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Json, Unreadable, at, parse

_CANDIDATE, _COMMIT = "candidate", "commit"


class ReleasesCollector:
    """Reads everything that a check names; nothing is built, tagged or published."""

    kind: ClassVar[str] = "releases"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._now = now
        self._places = PlaceReader(sources, now, http=http)

    async def collect(self, check: ReleasesCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = [await self._places.shared(one.at, item) for item, one in check.told_at.items()]
        for number, (name, places) in enumerate(check.places.items(), start=1):
            for part, place in zip("abc", places, strict=False):
                captures.append(await self._places.shared(place, item_name(number, f"{part}-{name}")))
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(check.sources),
            request=requests(captures),
        )

    @staticmethod
    def rows_from(check: ReleasesCheck, captures: Sequence[RawCapture]) -> tuple[ReleasesRow, ...]:
        """A row for each that speaks of the release."""
        candidate, missing = _told(check.version, _CANDIDATE, captures)
        commit, no_commit = _told(check.commit, _COMMIT, captures)
        against = {
            "candidate": candidate,
            "candidate_missing": missing,
            "commit_expected": commit,
            "commit_missing": no_commit,
        }
        by_item = {one.item: one for one in captures}
        return tuple(
            _row(name, one, [by_item[item_name(number, f"{part}-{name}")] for part in "ab"[: len(places)]], against)
            for number, ((name, one), places) in enumerate(
                zip(check.of.items(), check.places.values(), strict=True), start=1
            )
        )

    async def aclose(self) -> None:
        await self._places.aclose()


def _told(asked: Candidate | None, item: str, captures: Sequence[RawCapture]) -> tuple[str | None, str | None]:
    return said_at(asked, item, captures) if isinstance(asked, VersionPlace) else (asked, None)


def _row(name: str, one: Statement, captures: Sequence[RawCapture], against: Mapping[str, str | None]) -> ReleasesRow:
    facts: dict[str, Any] = {**found_facts(name, captures[0]), **against}
    documents = [document_from(capture) for capture in captures]
    if facts["missing"] is not None:
        return ReleasesRow(**facts)
    try:
        if isinstance(one, ListsDigest):
            body, sums = documents
            if sums.missing is not None:
                return ReleasesRow(**facts, absent=f"{sums.where}: {sums.missing}")
            listed = listed_digest(_text(sums.body), one.artefact.path)
            absent = None if listed else f"{sums.where} does not list it"
            return ReleasesRow(**facts, sha256=sha256(body.body), listed=listed, absent=absent)
        return ReleasesRow(**facts, **_said(one, documents[0].body, against["candidate"]))
    except Unreadable as error:
        return ReleasesRow(**facts, unreadable=printable(str(error), 300))


def _said(one: SaysVersion | ListsTags | HasHeading, body: bytes, candidate: str | None) -> dict[str, str | None]:
    if isinstance(one, SaysVersion):
        told = parse(body)
        version, commit = _word(at(told, one.version)), _word(at(told, one.commit)) if one.commit else None
        lacking = [path for path, said in ((one.version, version), (one.commit, commit)) if path and said is None]
        return {
            "version": version,
            "commit": commit,
            "absent": f"says no {' and no '.join(lacking)}" if lacking else None,
        }
    if isinstance(one, HasHeading):
        newest = newest_in_changelog(_text(body))
        return {"version": newest, "absent": None if newest else "has no heading of a released version"}
    tags = tagged_commits(_text(body))
    tag = tag_of(candidate, tags) if candidate else None
    absent = f"has no tag of {candidate} among {len(tags)}" if candidate and tag is None else None
    return {"version": tag, "commit": tags[tag] if tag else None, "absent": absent}


def _word(value: Json) -> str | None:
    return printable(value, 200) if isinstance(value, str) and value else None


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
