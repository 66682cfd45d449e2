"""The control endpoint: tells an observer that lost its own network from a target that does not answer."""

from collections.abc import Awaitable, Callable, Sequence

from checks.errors import CollectionError
from checks.evidence.records import RawCapture
from checks.kinds.pulsed import PulsedCheck
from checks.places import Place
from tasks.collectors.http_exchange import exchange_from

CONTROL = "control"
"""The item of a capture that holds its answer."""


async def controlled(
    check: PulsedCheck, captures: Sequence[RawCapture], ask: Callable[[Place, str], Awaitable[RawCapture]]
) -> tuple[RawCapture, ...]:
    """The captures, and the control's answer where somebody did not answer, since only then does it decide anything.

    Raises `CollectionError` where it does not answer either: then nothing was observed.
    """
    silent = [capture for capture in captures if _no_answer(capture)]
    if check.control is None or not silent:
        return tuple(captures)
    control = await ask(check.control, CONTROL)
    if _no_answer(control):
        raise CollectionError(
            f"{silent[0].meta['subject']} did not answer, nor did the control endpoint {check.control}: "
            "the observer's own network is in doubt"
        )
    return (*captures, control)


def _no_answer(capture: RawCapture) -> bool:
    return "url" in capture.meta and exchange_from(capture).no_answer is not None
