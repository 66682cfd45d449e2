"""Switches that break reports, the database's data, and backups."""

from datetime import UTC, datetime, timedelta

from examples.sandbox.ledger import tamper, untamper
from examples.sandbox.switch import Parts, Switch


class StaleReport(Switch):
    name = "stale-report"
    sentence = "The reconciliation report is six hours old and is refreshed no more."
    breaks = "reconciliation report"

    def on(self, parts: Parts) -> None:
        parts.reports.neglect("reconciliation", age=timedelta(hours=6))

    def off(self, parts: Parts) -> None:
        parts.reports.repair("reconciliation")


class FutureReport(Switch):
    name = "future-report"
    sentence = "The parity report is dated one hour ahead."
    breaks = "parity report"

    def on(self, parts: Parts) -> None:
        parts.reports.shift("parity", timedelta(hours=1))

    def off(self, parts: Parts) -> None:
        parts.reports.repair("parity")


class LeakyLog(Switch):
    name = "leaky-log"
    sentence = "The log of the jobs holds a key in a line."
    breaks = "jobs log"

    def on(self, parts: Parts) -> None:
        parts.reports.jobs.leak(datetime.now(UTC))

    def off(self, parts: Parts) -> None:
        parts.reports.jobs.mend()


class MissingLedgerRows(Switch):
    name = "missing-ledger-rows"
    sentence = "Ten events have no entry in the ledger, nor in its shadow: only reconciliation can tell."
    breaks = "ledger entries"

    def on(self, parts: Parts) -> None:
        parts.ledger.lose()

    def off(self, parts: Parts) -> None:
        parts.ledger.find()


class ForgetfulCache(Switch):
    name = "forgetful-cache"
    sentence = "The cache has no append-only file: a restart would lose what came since the last snapshot."
    breaks = "cache"

    def on(self, parts: Parts) -> None:
        parts.cache.forget()

    def off(self, parts: Parts) -> None:
        parts.cache.remember()


class TamperedEvent(Switch):
    name = "tampered-event"
    sentence = "One event of the log is not what it was when it was written."
    breaks = "event log"

    def on(self, parts: Parts) -> None:
        tamper(parts.ledger.events)

    def off(self, parts: Parts) -> None:
        untamper(parts.ledger.events)


class ChangedShadowRows(Switch):
    name = "changed-shadow-rows"
    sentence = "Five shadow rows are one cent above the entries they copy."
    breaks = "shadow entries"

    def on(self, parts: Parts) -> None:
        parts.ledger.distort()

    def off(self, parts: Parts) -> None:
        parts.ledger.straighten()


class MissingConstraint(Switch):
    name = "missing-constraint"
    sentence = "No constraint keeps a tenant's usage of a day from standing there twice."
    breaks = "usage key"

    def on(self, parts: Parts) -> None:
        parts.ledger.loosen()

    def off(self, parts: Parts) -> None:
        parts.ledger.tighten()


class ForgottenUsage(Switch):
    name = "forgotten-usage"
    sentence = "One tenant's usage of one day is not in the usage log."
    breaks = "usage"

    def on(self, parts: Parts) -> None:
        parts.ledger.forget_usage()

    def off(self, parts: Parts) -> None:
        parts.ledger.recall_usage()


class TruncatedBackup(Switch):
    name = "truncated-backup"
    sentence = "The newest archive ends after two thirds of its bytes; its checksum speaks of the whole."
    breaks = "backup"

    def on(self, parts: Parts) -> None:
        parts.backups.truncate()

    def off(self, parts: Parts) -> None:
        parts.backups.repair()


class WrongDatabaseBackup(Switch):
    name = "wrong-database-backup"
    sentence = "The newest archive is a sound one of another database, its checksum agrees."
    breaks = "backup"

    def on(self, parts: Parts) -> None:
        parts.backups.replace()

    def off(self, parts: Parts) -> None:
        parts.backups.repair()


class EmptyBackup(Switch):
    name = "empty-backup"
    sentence = "The newest archive has no bytes at all, and a checksum that agrees."
    breaks = "backup"

    def on(self, parts: Parts) -> None:
        parts.backups.empty()

    def off(self, parts: Parts) -> None:
        parts.backups.repair()
