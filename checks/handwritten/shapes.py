"""The shapes that such documents have: a register, a scorecard, a weighted list, or a checklist."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checks.handwritten.document import Line, Section, TableText

Drafted = dict[str, Any]

_WEIGHT = re.compile(r"(?i)^(?P<title>.+?)\s*\((?:weight\s*)?(?P<weight>\d+(?:\.\d+)?)\s*%\)$")
_STATUS = re.compile(r"(?i)\s*\((?P<word>[a-z ]+)\)\s*\.?$")
_SCORE = re.compile(r"(?i)\bscore\b[^0-9]{0,20}(?P<score>\d+(?:\.\d+)?)\s*%")
_LEVEL = re.compile(r"L[0-3](?:\.5)?")
_ITEM = re.compile(r"^\[[ xX]\]\s+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_KNOWN = ("done", "partial", "pending")
_STATUSES = ("NOT_STARTED", "IN_PROGRESS", "BLOCKED", "READY_FOR_GO_LIVE")
_LONGEST = 480


class Reading:
    """What was made of a document so far: names that are taken, and lines that nobody could make anything of."""

    def __init__(self) -> None:
        self.unread: list[Line] = []
        self._taken: dict[int, set[str]] = {}

    def name(self, text: str, among: Mapping[str, Any]) -> str:
        """A name for a text that is not taken among others."""
        slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50].strip("-") or "item"
        name, number = slug, 2
        while name in among:
            name, number = f"{slug}-{number}", number + 1
        return name

    def pass_over(self, *lines: Line) -> None:
        """Notes lines that were not read."""
        self.unread += [line for line in lines if line.text]


def words(text: str) -> str:
    """A text as a catalogue holds it."""
    return text.replace("${", "$ {")[:_LONGEST]


def column(table: TableText, *named: str) -> int | None:
    """The place of the first column whose header holds one of some words."""
    for word in named:
        for place, header in enumerate(table.columns):
            if word in header.lower():
                return place
    return None


def register(sections: Sequence[Section], reading: Reading) -> Drafted | None:
    """A use-case register: a table with one of the four statuses in each row, and a list of the evidence needed."""
    table = next((one for section in sections for one in section.tables if _is_register(one)), None)
    if table is None:
        return None
    status, owner, notes = column(table, "readiness status", "status"), column(table, "owner"), column(table, "notes")
    # The last of several status columns is about readiness; one before it is about something else.
    statuses = [place for place, header in enumerate(table.columns) if "status" in header.lower()]
    status = statuses[-1] if statuses else status
    updated = column(table, "updated")
    cases: Drafted = {}
    for line, cells in table.rows:
        word = cells[status or 0]
        case = {
            "code": cells[0],
            "owner": cells[owner] if owner is not None else None,
            "architecture": cells[statuses[0]] if len(statuses) > 1 else None,
            "claimed": word if word in _STATUSES else None,
            "blocked": "the document does not say why" if word == "BLOCKED" else None,
            "updated": cells[updated] if updated is not None and _DATE.fullmatch(cells[updated]) else None,
            "notes": words(cells[notes]) if notes is not None and cells[notes] else None,
        }
        if word not in _STATUSES:
            reading.pass_over(Line(line.number, f"{cells[0]} has the status {word!r}, which is none of the four"))
        cases[reading.name(cells[0], cases)] = {key: value for key, value in case.items() if value}
    evidence: Drafted = {}
    for section in sections:
        wanted = "evidence" in section.title.text.lower() and "template" not in section.title.text.lower()
        for item in section.items if wanted else ():
            evidence[reading.name(item.text, evidence)] = {"title": words(item.text)}
        if not wanted:
            reading.pass_over(*section.items)
        reading.pass_over(*section.prose)
    evidence = evidence or {"evidence": {"title": "What shows that it is ready"}}
    return {"template": "use-case-register", "evidence": evidence, "use_cases": cases}


def _is_register(table: TableText) -> bool:
    return any(cell in _STATUSES for _, cells in table.rows for cell in cells)


def scorecard(sections: Sequence[Section], reading: Reading) -> Drafted | None:
    """A service scorecard: a table with a level in each row, criteria as check boxes, and who owns which alert."""
    table = next((one for section in sections for one in section.tables if _levels(one) is not None), None)
    if table is None:
        return None
    level, gaps = _levels(table) or 0, column(table, "gap")
    services: Drafted = {}
    for _, cells in table.rows:
        found = _LEVEL.search(cells[level])
        listed = [words(one.strip()) for one in cells[gaps].split(";") if one.strip()] if gaps is not None else []
        service = {"title": words(cells[0]), "target": "L2", "claimed": found[0] if found else None, "gaps": listed[:3]}
        services[reading.name(cells[0], services)] = {key: value for key, value in service.items() if value}
    criteria: Drafted = {}
    for section in sections:
        for item in section.items:
            if _ITEM.match(item.text):
                text = _ITEM.sub("", item.text)
                criterion = {"title": words(text), "group": section.title.text or "All", "dimension": "operations"}
                criteria[reading.name(text, criteria)] = criterion | {"level": "L1" if len(criteria) < 1 else "L2"}
            else:
                reading.pass_over(item)
        reading.pass_over(*section.prose)
    criteria = criteria or {"works": {"title": "It works", "group": "All", "dimension": "reliability", "level": "L1"}}
    if not any(one["level"] == "L2" for one in criteria.values()):
        criteria["operated"] = {"title": "It is operated", "group": "All", "dimension": "operations", "level": "L2"}
    return {
        "template": "service-scorecard",
        "criteria": criteria,
        "services": services,
        "matrix": dict(_matrix(sections, reading)),
    }


def _levels(table: TableText) -> int | None:
    place = column(table, "level")
    if place is None or not any(_LEVEL.search(cells[place]) for _, cells in table.rows):
        return None
    return place


def _matrix(sections: Sequence[Section], reading: Reading) -> Iterator[tuple[str, Drafted]]:
    taken: Drafted = {}
    for table in (one for section in sections for one in section.tables):
        slo, trigger, owner = column(table, "slo"), column(table, "trigger", "alert"), column(table, "owner")
        if slo is None or trigger is None:
            continue
        for _, cells in table.rows:
            row = {"title": words(cells[0]), "slo": words(cells[slo]), "trigger": words(cells[trigger])}
            row |= {"owner": cells[owner]} if owner is not None and cells[owner] else {}
            name = reading.name(cells[0], taken)
            taken[name] = row
            yield name, row


def weighted(sections: Sequence[Section], reading: Reading) -> Drafted | None:
    """A weighted score: headings that say their weight, items that end in a status."""
    categories: Drafted = {}
    recommended: Drafted = {}
    claimed = None
    for section in sections:
        found = _WEIGHT.match(section.title.text)
        if found is None and "recommended" in section.title.text.lower():
            for item in section.items:
                recommended[reading.name(item.text, recommended)] = {"title": words(item.text)}
            continue
        if found is None and is_checklist(section):
            continue
        if found is None:
            said = [match for line in (*section.prose, *section.items) if (match := _SCORE.search(line.text))]
            claimed = float(said[0]["score"]) if said and claimed is None else claimed
            reading.pass_over(*(line for line in section.prose if not _SCORE.search(line.text)), *section.items)
            continue
        items: Drafted = {}
        for item in section.items:
            items[reading.name(_topic(item.text), items)] = _scored(item, reading)
        category = {"title": words(found["title"]), "weight": float(found["weight"]), "items": items}
        categories[reading.name(found["title"], categories)] = category
        reading.pass_over(*section.prose)
    if not categories:
        return None
    drafted = {"template": "weighted-score", "claimed": claimed, "categories": categories, "recommended": recommended}
    return {key: value for key, value in drafted.items() if value not in (None, {})}


def is_checklist(section: Section) -> bool:
    """Whether a section calls itself a checklist: beside a score it is a gate of its own."""
    return "checklist" in section.title.text.lower() and bool(section.items)


def _topic(text: str) -> str:
    return text.partition(":")[0]


def _scored(item: Line, reading: Reading) -> Drafted:
    found = _STATUS.search(item.text)
    word = found["word"].lower() if found else None
    if word is not None and word not in _KNOWN:
        reading.pass_over(Line(item.number, f"{item.text}: {word!r} is none of done, partial and pending"))
    title = _STATUS.sub("", item.text) if found else item.text
    drafted: Drafted = {"title": words(title), "topic": words(_topic(title))}
    return drafted | ({"claimed": word} if word in _KNOWN else {})


def checklist(sections: Sequence[Section], reading: Reading) -> Drafted | None:
    """A gate: every list item is an item of it, under the heading that it stands below."""
    areas: Drafted = {}
    items: Drafted = {}
    for section in sections:
        reading.pass_over(*section.prose)
        for table in section.tables:
            reading.pass_over(*(line for line, _ in table.rows))
        if not section.items:
            continue
        area = reading.name(f"area-{section.title.text or 'all'}", areas)
        areas[area] = {"title": words(section.title.text or "All")}
        for item in section.items:
            text = _ITEM.sub("", item.text)
            claim = {"claimed": "done"} if re.match(r"\[[xX]\]", item.text) else {"claimed": "listed"}
            items[reading.name(text, items)] = {"title": words(text), "area": area, **claim}
    return {"template": "release-gate", "areas": areas, "items": items} if items else None


SHAPES = (register, scorecard, weighted, checklist)
"""Tried in this order: the first that fits is taken."""
