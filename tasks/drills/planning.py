"""What a drill would do, step by step, for people who decide whether it may: nothing is changed, nothing is asked."""

import shlex
from collections.abc import Iterator

from checks.catalog import Check
from checks.errors import CatalogError
from checks.kinds.alert import AlertCheck
from checks.kinds.backup import BackupCheck
from checks.kinds.backup_forms import DumpForm
from checks.kinds.chaos import ChaosCheck
from checks.kinds.drill import Drill
from checks.kinds.restart import RestartCheck
from checks.kinds.rollback import RollbackCheck
from tasks.collectors.sources import Sources, without_credentials
from tasks.drills.course import abort_condition
from tasks.drills.triggers.opening import Triggers


def planned(check: Check, sources: Sources, triggers: Triggers) -> tuple[str, ...]:
    """The steps of a drill in order; a source that it lacks is an error here, before anybody starts it."""
    match check:
        case RollbackCheck():
            return tuple(_rollback(check, triggers))
        case RestartCheck():
            return tuple(_restart(check, triggers))
        case ChaosCheck():
            return tuple(_chaos(check, sources))
        case AlertCheck():
            return tuple(_alert(check, sources))
        case BackupCheck():
            return tuple(_restore(check, sources))
    raise CatalogError(f"checks.{check.id}: a {check.kind} check is no drill")


def _measure(check: Drill, when: str) -> str:
    places = ", ".join(map(str, check.steady.endpoints))
    return f"measure the steady state {when}: {check.consecutive} times {places}, and the version at {check.version.at}"


def _rollback(check: RollbackCheck, triggers: Triggers) -> Iterator[str]:
    meant = check.to or "another version than before"
    yield _measure(check, "before")
    yield f"roll back: {triggers.open(check.back).shown}"
    limit = check.expect.within.total_seconds()
    yield f"wait for {check.consecutive} healthy answers in a row from {meant}; expected within {limit:g} s"
    yield _measure(check, "on the old version")
    yield f"roll forward: {triggers.open(check.forward).shown}"
    yield _measure(check, "after everything is undone")
    yield f"break off and roll forward at once after {abort_condition(check)}"


def _restart(check: RestartCheck, triggers: Triggers) -> Iterator[str]:
    yield _measure(check, "before")
    load = ", ".join(map(str, check.load.requests))
    yield f"put load on it, {check.load.workers} at once: {load}"
    if check.writes:
        yield f"write under keys of its own, and repeat each write: {check.writes.post}"
    limit = check.expect.within.total_seconds()
    yield f"end the service: {triggers.open(check.stop).shown}; expected within {limit:g} s"
    if check.sessions:
        yield f"see whether the sessions of {check.sessions.application} at {check.sessions.database} are closed"
    yield f"start it: {triggers.open(check.start).shown}" if check.start else "wait until its supervisor starts it"
    yield _measure(check, "after the restart")
    if check.writes:
        yield f"count every write at {check.writes.database}"
    yield f"break off and start it again after {abort_condition(check)}"


def _chaos(check: ChaosCheck, sources: Sources) -> Iterator[str]:
    yield _measure(check, "before")
    yield f"run {check.experiment} with {shlex.join(sources.program(check.chaos).command)}, its rollbacks included"
    yield _measure(check, "after everything is undone")
    yield f"break it off, which plays its rollbacks, after {abort_condition(check)}"


def _alert(check: AlertCheck, sources: Sources) -> Iterator[str]:
    where = without_credentials(sources.http(check.alertmanager).address("/api/v2/alerts"))
    labels = ", ".join(f"{name}={value}" for name, value in check.labels.items())
    yield f"fire an alert with a nonce: POST {where} ({labels})"
    yield f"read {check.receiver} until the nonce stands there, for {check.expect.within.total_seconds():g} s at most"
    yield "end the alert"


def _restore(check: BackupCheck, sources: Sources) -> Iterator[str]:
    if check.restore is None:
        raise CatalogError(f"checks.{check.id}: it has no `restore`, so nothing would be restored")
    into = sources.database(check.restore.into).shown if check.restore.into else "a temporary server"
    where = f"into a new database at {into}" if isinstance(check.form, DumpForm) else "as a copy in a temporary folder"
    yield f"find the newest backup at {check.backups} and look whether it is whole"
    yield f"restore it {where}; expected to answer within {check.expect.rto.total_seconds():g} s"
    yield f"compare schema and rows{f' with {check.of}' if check.of else ''}, and ask: {'; '.join(check.restore.smoke)}"
    if check.compares:
        settled = ", ".join(name for name, table in check.tables.items() if table.equal_before is not None)
        yield f"compare with {check.of}, value by value, what had settled before the backup: {settled}"
    yield "remove what was restored"
