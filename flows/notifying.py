"""Trying out the sinks of a catalogue: one message to each, on record like any other."""

from collections.abc import Iterator

from checks.errors import CatalogError
from checks.notifications import Notifications
from checks.outcome import Outcome
from checks.records import rfc3339
from checks.telling.deciding import key_of
from checks.telling.round import Message, message_to
from checks.telling.topics import Event, Notice
from flows.belonging import own_store
from flows.settings import Settings, environment
from flows.wiring import load_catalog, now
from tasks.notify.delivering import Delivering, Told
from tasks.notify.speaker import Speaker

DEFAULT = "default"


def send_test(settings: Settings, route: str | None) -> list[Told]:
    """Sends one test message to each sink of a route, or to every sink, and nothing else that waits."""
    catalog, _ = load_catalog(settings.catalog)
    if catalog.notify is None:
        raise CatalogError(f"{settings.catalog}: there is no section `notify`, so nobody is ever told")
    at = now()
    messages = list(_messages(catalog.notify, _sinks(catalog.notify, route, settings), rfc3339(at)))
    speaker = Speaker(catalog.system, catalog.environment, now, environment())
    with own_store(settings, catalog) as store:
        store.tellings.enqueue(messages, at=at)
        return Delivering(catalog.notify, speaker, store.tellings, {one.key for one in messages}).run()


def _sinks(notifications: Notifications, route: str | None, settings: Settings) -> tuple[str, ...]:
    if route is None:
        return tuple(notifications.sinks)
    found = {DEFAULT: notifications.default, **notifications.routes}.get(route)
    if found is None:
        known = ", ".join(sorted([DEFAULT, *notifications.routes]))
        raise CatalogError(f"{settings.catalog}: notify.routes: no route is called {route!r}; there are {known}")
    return found.sinks


def _messages(notifications: Notifications, sinks: tuple[str, ...], at: str) -> Iterator[Message]:
    because = f"a test at {at}, nothing is wrong"
    for sink in notifications.sinks:
        if sink in sinks:
            notice = Notice(
                key=key_of("test", sink, at),
                topic="test",
                event=Event.TEST,
                outcome=Outcome.PASS,
                because=because,
                at=now(),
                sinks=(sink,),
            )
            yield message_to(sink, (notice,))
