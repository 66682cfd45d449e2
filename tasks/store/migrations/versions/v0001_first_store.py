"""The first store: series, bundles, owed slots and verdicts, and the triggers that keep them."""

import sqlalchemy as sa
from alembic import op

from tasks.store.columns import InstantColumn, TextColumn
from tasks.store.migrations.append_only import refuse_changes, refuse_replacing

revision = "0001"
down_revision = None

SEALED_ONCE = ("bundle_digest", "bundle_path", "sealed_at")
FILLED_ONCE = ("filled_by",)


def upgrade() -> None:
    """Evidence is append-only: there is no way back down."""
    _series()
    _bundles()
    _slots()
    _verdicts()
    refuse_changes("series", "verdicts")
    refuse_replacing("verdicts", "series", "slot")
    refuse_changes("bundles", but_once=SEALED_ONCE)
    refuse_changes("slots", but_once=FILLED_ONCE)


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("check_id", TextColumn, nullable=False),
        sa.Column("subject", TextColumn, nullable=False),
        sa.UniqueConstraint("check_id", "subject", name="series_key"),
    )


def _bundles() -> None:
    op.create_table(
        "bundles",
        sa.Column("slot", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("cadence", TextColumn, nullable=False),
        sa.Column("at", InstantColumn, nullable=False),
        sa.Column("status", TextColumn, nullable=False),
        sa.Column("environment", TextColumn, nullable=False),
        sa.Column("version", TextColumn),
        sa.Column("catalog_digest", TextColumn, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("staging", TextColumn, nullable=False),
        sa.Column("bundle_digest", TextColumn),
        sa.Column("bundle_path", TextColumn),
        sa.Column("sealed_at", InstantColumn),
    )
    op.create_index("bundles_by_cadence", "bundles", ["cadence", "slot"])
    unsealed = sa.text("sealed_at IS NULL")
    op.create_index("bundles_unsealed", "bundles", ["slot"], sqlite_where=unsealed, postgresql_where=unsealed)


def _slots() -> None:
    op.create_table(
        "slots",
        sa.Column("slot", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("cadence", TextColumn, nullable=False),
        sa.Column("at", InstantColumn, nullable=False),
        sa.Column("filled_by", sa.BigInteger, sa.ForeignKey("bundles.slot")),
    )
    op.create_index("slots_by_cadence", "slots", ["cadence", "slot"])
    unfilled = sa.text("filled_by IS NULL")
    op.create_index("slots_unfilled", "slots", ["cadence", "slot"], sqlite_where=unfilled, postgresql_where=unfilled)


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("series", sa.Integer, sa.ForeignKey("series.id"), primary_key=True),
        sa.Column("slot", sa.BigInteger, sa.ForeignKey("bundles.slot"), primary_key=True),
        sa.Column("kind", TextColumn, nullable=False),
        sa.Column("outcome", TextColumn, nullable=False),
        sa.Column("severity", TextColumn),
        sa.Column("because", TextColumn, nullable=False),
        sa.Column("judged_at", InstantColumn, nullable=False),
        sa.Column("fingerprint", TextColumn),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("findings", TextColumn, nullable=False),
    )
    op.create_index("verdicts_by_slot", "verdicts", ["slot"])
