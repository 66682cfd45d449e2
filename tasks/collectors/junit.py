"""JUnit XML: which tests ran, how each ended, when, and of which version."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from xml.etree.ElementTree import Element

from tasks.collectors.content_time import Undated, instant_of
from tasks.collectors.http_exchange import printable
from tasks.collectors.strict_json import Unreadable
from tasks.collectors.xml_reading import parse_xml

Ending = Literal["passed", "failure", "error", "skipped"]
_WORST_FIRST: tuple[Ending, ...] = ("error", "failure", "skipped")
_COUNTS = {"failures": "failure", "errors": "error"}


@dataclass(frozen=True, slots=True)
class Case:
    """One test as it ended, and the suites that it is in."""

    suites: tuple[str, ...]
    group: str
    name: str
    ending: Ending

    @property
    def shown(self) -> str:
        return f"{self.group}::{self.name}" if self.group else self.name

    def is_called(self, scenario: str) -> bool:
        """Whether a scenario means this test; `*` stands for any characters."""
        pattern = ".*".join(map(re.escape, scenario.split("*")))
        return any(re.fullmatch(pattern, called, re.DOTALL) for called in (self.name, self.shown))


@dataclass(frozen=True, slots=True)
class Results:
    """What JUnit files say. `counted` are the suites' own counts where they are worse than what they list."""

    cases: tuple[Case, ...]
    unlisted: tuple[str, ...]
    unlisted_failures: int
    unlisted_errors: int
    stamps: tuple[str | None, ...]
    properties: tuple[tuple[str, str], ...]

    def count(self, ending: Ending) -> int:
        return sum(case.ending == ending for case in self.cases)


def read_junit(body: bytes) -> Results:
    """The results in one file."""
    root = parse_xml(body)
    if root.tag not in ("testsuites", "testsuite"):
        raise Unreadable(f"is no JUnit XML: its outermost element is {printable(root.tag, 60)}")
    cases = tuple(_cases(root, ()))
    suites = [one for one in root.iter("testsuite") if not any(child.tag == "testsuite" for child in one)]
    short = {name: sum(_short(suite, name, ending) for suite in suites) for name, ending in _COUNTS.items()}
    properties = (one for one in root.iter("property"))
    return Results(
        cases,
        tuple(filter(None, map(_unlisted, suites))),
        short["failures"],
        short["errors"],
        tuple(one.get("timestamp") for one in root.iter("testsuite") if one.get("timestamp")) or (None,),
        tuple((str(one.get("name")), str(one.get("value") or one.text or "")) for one in properties),
    )


def together(results: Sequence[Results]) -> Results:
    """The results of many files as one."""
    return Results(
        tuple(case for one in results for case in one.cases),
        tuple(line for one in results for line in one.unlisted),
        sum(one.unlisted_failures for one in results),
        sum(one.unlisted_errors for one in results),
        tuple(stamp for one in results for stamp in one.stamps),
        tuple(pair for one in results for pair in one.properties),
    )


def tested_at(results: Results) -> datetime:
    """When the oldest of the suites ran."""
    if None in results.stamps:
        raise Undated("does not say when it was made: no suite has a timestamp")
    return min(instant_of("timestamp", stamp) for stamp in results.stamps if stamp)


def version_of(results: Results, name: str) -> str | None:
    """The version that the suites say was tested; several, where they do not agree."""
    said = sorted({value for key, value in results.properties if key == name})
    return printable(", ".join(said), 200) if said else None


def _cases(element: Element, suites: tuple[str, ...]) -> Iterator[Case]:
    own = (*suites, element.get("name", "")) if element.tag == "testsuite" else suites
    for child in element:
        if child.tag == "testsuite":
            yield from _cases(child, own)
        elif child.tag == "testcase":
            ending: Ending = next((one for one in _WORST_FIRST if child.find(one) is not None), "passed")
            group, name = child.get("classname", ""), child.get("name", "")
            yield Case(own, printable(group, 300), printable(name, 300), ending)


def _short(suite: Element, count: str, ending: str) -> int:
    """How many more of an ending a suite counts than it lists."""
    return max(0, _number(suite, count) - sum(case.find(ending) is not None for case in suite.iter("testcase")))


def _unlisted(suite: Element) -> str | None:
    listed, counted = sum(1 for _ in suite.iter("testcase")), _number(suite, "tests")
    if counted <= listed:
        return None
    return f"{printable(suite.get('name', ''), 100)} counts {counted} tests and lists {listed}"


def _number(suite: Element, name: str) -> int:
    text = suite.get(name, "0")
    if not (text.isascii() and text.isdigit()):
        raise Unreadable(f"is no JUnit XML: a suite has {name} = {printable(text, 40)!r}")
    return int(text[:9])
