"""What a message says: a title and lines of plain text that mean nothing but themselves wherever they are shown."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checks.outcome import Outcome
from checks.telling.topics import DIGEST, HEARTBEAT, MISSED, RUN, SINK, Event, Notice
from checks.timespans import instant_words

LONGEST_REASON = 240
LONGEST_BODY = 1_800
"""Characters of a message: the chat that takes least takes 2,000."""
# What means something in Markdown, in HTML or to a chat (`@everyone`, `<!channel>`, a link) is shown by a look-alike:
# sinks differ in what they escape, and a backslash would stand there in those that escape nothing.
_ALIKE = str.maketrans(
    {
        "<": "‹",
        ">": "›",
        "&": "＆",
        "[": "［",
        "]": "］",
        "`": "ˋ",
        "*": "∗",
        "|": "∣",
        "~": "∼",
        "@": "＠",
        "#": "＃",
        "\\": "＼",
    }
)
_LINK = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)
_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_NAMES = {RUN: "the run of", HEARTBEAT: "the heartbeat of", SINK: "sink", MISSED: "slots of", DIGEST: "digest"}


@dataclass(frozen=True, slots=True)
class Words:
    """A message as people read it: a title of one line, and lines of plain text. `bad` is whether anything is."""

    title: str
    body: str
    bad: bool


def plain(text: str, longest: int = LONGEST_REASON) -> str:
    """Text from outside in one line that means nothing but itself, in plain text, Markdown, HTML and chats alike."""
    words = " ".join(text[: 4 * longest].split())
    line = "".join(char if char.isprintable() else "�" for char in words)
    line = _EDGE.sub("‗", _LINK.sub(lambda found: "꞉" if found[0] == ":" else "․", line.translate(_ALIKE)))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def words_of(notices: Sequence[Notice], *, system: str, environment: str) -> Words:
    """A message of some notices, the worst first; what does not fit is counted by name."""
    ranked = sorted(notices, key=lambda one: (-_weight(one), one.topic, one.at))
    counted = Counter(one.event for one in notices)
    what = ", ".join(f"{count} {event}" for event, count in counted.items())
    title = plain(f"{system} in {environment}: {what}", 120)
    return Words(title, "\n".join(_fitting(ranked)), any(_weight(one) > 0 for one in notices))


def line_of(notice: Notice) -> str:
    """One notice in a line, whatever the outside world wrote into it."""
    because, name = plain(notice.because), name_of(notice.topic)
    match notice.event:
        case Event.DIGEST:
            head = f"{name}: {because}"
        case Event.MISSED | Event.TEST:
            head = f"{notice.event}: {because}"
        case Event.RESOLVED:
            head = f"resolved: {name} is {notice.outcome}: {because}"
        case Event.FLAPPING:
            head = (
                f"FLAPPING {name}: now {notice.outcome}, at worst {notice.was}: {because}; told again once it is calm"
            )
        case Event.REMINDER:
            head = f"still {notice.outcome} {name}: {because}"
        case Event.WORSE | Event.BETTER:
            head = f"{notice.outcome} {name}, {notice.event} than {notice.was}: {because}"
        case Event.SETTLED:
            head = f"{notice.outcome} {name}, calm again: {because}"
        case _:
            head = f"{notice.outcome} {name}: {because}"
    return f"{head}{_whose(notice)}{_when(notice)}"


def name_of(topic: str) -> str:
    """A topic's name for people."""
    for prefix, words in _NAMES.items():
        if topic.startswith(prefix):
            return f"{words} {plain(topic.removeprefix(prefix))}".rstrip()
    return plain(topic)


def _whose(notice: Notice) -> str:
    if notice.owner is None:
        return ""
    route = " has no route of their own" if notice.unrouted else ""
    return f" ({plain(notice.owner, 80)}{route})"


def _when(notice: Notice) -> str:
    since = f", since {instant_words(notice.firing.since)}" if notice.firing and _weight(notice) > 0 else ""
    return since + (f", held since {instant_words(notice.at)}" if notice.held else "")


def _weight(notice: Notice) -> int:
    """How bad what a notice tells is; nothing where it is good news or none."""
    if notice.event in (Event.RESOLVED, Event.DIGEST, Event.TEST):
        return 0
    return notice.outcome.badness if not notice.outcome.passes else Outcome.WARN.badness


def _fitting(ranked: Sequence[Notice]) -> Iterator[str]:
    room = LONGEST_BODY - 100  # for the last line
    for number, notice in enumerate(ranked):
        lines = [line_of(notice), *(f"  {plain(line)}" for line in notice.lines)]
        for line in lines:
            if len(line) + 1 > room:
                left = len(ranked) - number
                yield f"and {left} more, none of them worse; see the tracker" if left > 1 else "…"
                return
            room -= len(line) + 1
            yield line
