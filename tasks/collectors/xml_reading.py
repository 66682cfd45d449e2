"""XML as evidence has to be read: nothing in it may name another file, or grow while it is read."""

from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from tasks.collectors.http_exchange import printable
from tasks.collectors.strict_json import Unreadable

_DEEPEST = 100


def parse_xml(body: bytes) -> Element:
    """The outermost element of a document; anything doubtful is refused."""
    if not body.strip():
        raise Unreadable("is empty")
    try:
        root: Element = ElementTree.fromstring(body)
    except ParseError as error:
        raise Unreadable(f"is not XML: {printable(str(error), 200)}") from None
    except DefusedXmlException as error:
        raise Unreadable(f"is XML that declares entities, which nobody reads: {type(error).__name__}") from None
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise Unreadable(f"is not XML: {printable(str(error), 200)}") from None
    if _is_deep(root):
        raise Unreadable("is nested too deeply")
    return root


def _is_deep(root: Element) -> bool:
    """Whether elements stand in one another more deeply than any tool writes them: readers follow them by recursion."""
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True
