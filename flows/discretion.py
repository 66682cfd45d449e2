"""Keeps secrets out of what a run says beside its evidence: logs, errors, and what Prefect keeps of both.

Evidence itself passes a redactor where it is collected. Here is what libraries write, and what goes wrong elsewhere: a
driver may quote an address, an exception the header that it choked on.
"""

import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from checks.catalog import REFERENCE, Catalog
from checks.errors import CatalogError, ReadinessError
from checks.notifications import AppriseSink
from tasks.collectors.own_secrets import secrets_of
from tasks.collectors.redacting import Redactor
from tasks.collectors.sources import Sources

Make = Callable[..., logging.LogRecord]


class RedactedRecords:
    """Makes log records without secrets, for every logger and whoever handles them; knows the newest run's secrets."""

    def __init__(self, make: Make) -> None:
        self.redactor = Redactor()
        self._make = make

    def __call__(self, *args: Any, **named: Any) -> logging.LogRecord:
        record = self._make(*args, **named)
        hidden = self.redactor.hide(_message(record))
        if hidden.found:
            record.msg, record.args = hidden.text, ()
        if record.exc_info and record.exc_info[0] is not None:
            told = self.redactor.hide("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
            if told.found:
                record.exc_text, record.exc_info = told.text, None
        return record


def redactor_for(catalog: Catalog, sources: Sources, environment: Mapping[str, str]) -> Redactor:
    """Knows what sources and sinks of a catalogue, and the environment of this process, were given in confidence."""
    return Redactor(secrets_of(sources, environment) | frozenset(_of_sinks(catalog, environment)))


def _of_sinks(catalog: Catalog, environment: Mapping[str, str]) -> Iterator[str]:
    """An address of Apprise or of a heartbeat is a secret as a whole; of Alertmanager its headers are."""
    if catalog.notify is None:
        return
    told = list(catalog.notify.heartbeat.values())
    for sink in catalog.notify.sinks.values():
        told += [sink.apprise] if isinstance(sink, AppriseSink) else list(sink.headers.values())
    for name in REFERENCE.findall(" ".join(told)):
        yield environment.get(name, "")


@dataclass(frozen=True, slots=True)
class RedactorHere:
    """Gives a task of this process its redactor, and none of its secrets to whatever copies the task elsewhere."""

    redactor: Redactor

    def __call__(self) -> Redactor:
        return self.redactor


@contextmanager
def discreet(redactor: Redactor) -> Iterator[None]:
    """Inside, nothing is logged that the redactor knows; an error that tells a secret is raised again without it."""
    redact_logs(redactor)
    try:
        yield
    except Exception as error:
        if not redactor.hide("".join(traceback.format_exception(error))).found:
            raise
        raise told_again(error, redactor) from None


def redact_logs(redactor: Redactor) -> None:
    """From now on every log record of this process is without secrets."""
    made = logging.getLogRecordFactory()
    if not isinstance(made, RedactedRecords):
        made = RedactedRecords(made)
        logging.setLogRecordFactory(made)
    made.redactor = redactor


def told_again(error: Exception, redactor: Redactor) -> ReadinessError:
    """The same error, as far as it can be told."""
    if isinstance(error, CatalogError):
        return CatalogError(*map(redactor.text, error.problems))
    said = redactor.text(str(error))
    return type(error)(said) if isinstance(error, ReadinessError) else ReadinessError(f"{type(error).__name__}: {said}")


def told(error: object, environment: Mapping[str, str]) -> str:
    """What a command says that went wrong, without what its environment holds."""
    return Redactor(secrets_of(Sources({}), environment)).text(str(error))


def _message(record: logging.LogRecord) -> str:
    """What a record says; one whose arguments do not fit is left to whoever handles it."""
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return f"{record.msg} {record.args}"
