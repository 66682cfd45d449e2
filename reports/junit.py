"""An assessment as JUnit XML, which every CI system reads: a test case for each part, failed unless it passes."""

from xml.etree import ElementTree as ET

from checks.outcome import Outcome
from checks.readiness.assessment import Assessment
from checks.readiness.requirement import Element
from checks.records import rfc3339
from reports.escaping import text_of

_BROKEN = frozenset({Outcome.ERROR})


def junit(found: Assessment) -> bytes:
    """The document: what does not pass is a failure, an `error` where the observer could not tell; none is skipped."""
    parts = list(found.counted.values())
    suite = ET.Element(
        "testsuite",
        name=text_of(f"{found.system} {found.environment} {found.model}"),
        timestamp=rfc3339(found.as_of),
        tests=str(len(parts)),
        failures=str(sum(not part.outcome.passes and part.outcome not in _BROKEN for part in parts)),
        errors=str(sum(part.outcome in _BROKEN for part in parts)),
        skipped="0",
    )
    for part in parts:
        suite.append(_case(found, part))
    root = ET.Element("testsuites", name=text_of(found.title))
    root.append(suite)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _case(found: Assessment, part: Element) -> ET.Element:
    case = ET.Element("testcase", classname=text_of(found.model), name=text_of(part.name))
    if not part.outcome.passes:
        tag = "error" if part.outcome in _BROKEN else "failure"
        ET.SubElement(case, tag, type=str(part.outcome), message=text_of(part.because))
    return case
