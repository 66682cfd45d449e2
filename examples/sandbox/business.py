"""What the service does beside the ledger: hourly runs, their alerts, accounts and tenants' configuration."""

import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg.rows import DictRow

from examples.sandbox.connection import LedgerConnection
from examples.sandbox.ledger import TENANTS

CANARY = "canary"
SYNTHETIC = "synthetic-"


class Business:
    """Each call is one statement or two on the service's own connection; `events` is the log that entries come from."""

    def __init__(self, ledger: LedgerConnection, events: Path) -> None:
        self._ledger = ledger
        self._events = events

    def run_slot(self, slot: datetime) -> tuple[str, bool]:
        """The run of an hour, and whether it is a new one; a new run raises one alert."""
        run, alert = f"run-{uuid.uuid4().hex[:12]}", f"alert-{uuid.uuid4().hex[:12]}"
        added = self._rows(
            "insert into slot_runs values (%s, %s, %s) on conflict (slot) do nothing returning run",
            [slot, run, datetime.now(UTC)],
        )
        if added:
            self._rows(
                "insert into alerts (id, run, raised_at) values (%s, %s, %s) returning id",
                [alert, run, datetime.now(UTC)],
            )
            return run, True
        return str(self._rows("select run from slot_runs where slot = %s", [slot])[0]["run"]), False

    def runs(self) -> list[DictRow]:
        """All runs, the newest first."""
        return self._rows("select slot::text, run, started_at::text from slot_runs order by slot desc", [])

    def deliver(self) -> int:
        """Delivers whatever is pending, each with a receipt; says how many."""
        statement = (
            "update alerts set delivered_at = now(), receipt = gen_random_uuid()::text"
            " where delivered_at is null returning id"
        )
        return len(self._rows(statement, []))

    def alerts(self) -> list[DictRow]:
        """All alerts, the newest hour's first, whenever it was run; what was not delivered has no receipt."""
        query = (
            "select id, run, raised_at::text, delivered_at::text, receipt"
            " from alerts join slot_runs using (run) order by slot desc"
        )
        return self._rows(query, [])

    def open_account(self, account: str) -> None:
        """Opens an account, again where it was deleted."""
        statement = (
            "insert into accounts values (%s, now()) on conflict (id) do update set deleted_at = null returning id"
        )
        self._rows(statement, [account])
        self._note(account, "opened")

    def data_map(self, account: str) -> dict[str, Any] | None:
        """Which stores hold something of an account; `None` where there never was such an account."""
        found = self._rows("select deleted_at from accounts where id = %s", [account])
        if not found:
            return None
        held = int(found[0]["deleted_at"] is None)
        self._note(account, "data map read")
        stores = [{"store": name, "records": held} for name in ("ledger-database", "event-log", "backups")]
        return {"account": account, "complete": True, "stores": stores, "records": held * len(stores)}

    def delete_account(self, account: str) -> bool:
        """Deletes an account; False where there is none."""
        statement = "update accounts set deleted_at = now() where id = %s and deleted_at is null returning id"
        deleted = bool(self._rows(statement, [account]))
        if deleted:
            self._note(account, "deleted")
        return deleted

    def may_log_in(self, account: str) -> bool:
        """Whether an account is there and not deleted."""
        return bool(self._rows("select 1 as there from accounts where id = %s and deleted_at is null", [account]))

    def audit(self, account: str) -> list[DictRow]:
        """What happened to an account, in order."""
        return self._rows("select seq, action, at::text from account_events where account = %s order by seq", [account])

    def config(self, tenant: str) -> dict[str, Any]:
        """A tenant's configuration, by default an empty one."""
        found = self._rows("select config from tenant_config where tenant = %s", [tenant])
        return dict(found[0]["config"]) if found else {}

    def configure(self, tenant: str, config: dict[str, Any]) -> None:
        """Replaces a tenant's configuration."""
        statement = (
            "insert into tenant_config values (%s, %s)"
            " on conflict (tenant) do update set config = excluded.config returning tenant"
        )
        self._rows(statement, [tenant, json.dumps(config)])

    def traceability(self, tenant: str) -> dict[str, Any]:
        """A tenant's invoice lines beside the events that they rest on, to the cent."""
        lines = {row["id"]: row["amount"] for row in self._lines(tenant)}
        events = [json.loads(line) for line in self._events.read_text(encoding="utf-8").splitlines()]
        used = {event["id"]: Decimal(event["amount"]) for event in events if event["tenant"] == tenant}
        unmatched = lines.items() ^ used.items()
        return {
            "account": tenant,
            "lines": len(lines),
            "events": len(used),
            "unmatched": len({key for key, _ in unmatched}),
            "invoiced": str(sum(lines.values(), Decimal(0))),
            "used": str(sum(used.values(), Decimal(0))),
        }

    def _lines(self, tenant: str) -> list[DictRow]:
        return self._rows("select id, amount from entries where tenant = %s", [tenant])

    def _note(self, account: str, action: str) -> None:
        self._rows("insert into account_events (account, action) values (%s, %s) returning seq", [account, action])

    def _rows(self, statement: str, values: list[Any]) -> list[DictRow]:
        found: list[DictRow] = self._ledger.ask(lambda connection: connection.execute(statement, values).fetchall())
        return found


def tenants() -> list[str]:
    """Everybody whom the operator serves, and the canary."""
    return [*TENANTS, CANARY]
