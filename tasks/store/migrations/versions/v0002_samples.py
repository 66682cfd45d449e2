"""Samples, their series and their roll-ups."""

import sqlalchemy as sa
from alembic import op

from tasks.store.columns import TextColumn
from tasks.store.migrations.append_only import refuse_changes, refuse_replacing

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nothing that is stored is touched."""
    op.create_table(
        "sample_series",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("check_id", TextColumn, nullable=False),
        sa.Column("subject", TextColumn, nullable=False),
        sa.Column("measure", TextColumn, nullable=False),
        sa.UniqueConstraint("check_id", "subject", "measure", name="sample_series_key"),
    )
    _samples()
    _rollups()
    refuse_changes("sample_series", "samples", "rollups")
    refuse_replacing("samples", "series", "first_ms", "slot")
    refuse_replacing("rollups", "series", "span_ms", "at_ms", "revision")


def _samples() -> None:
    op.create_table(
        "samples",
        sa.Column("series", sa.Integer, sa.ForeignKey("sample_series.id"), primary_key=True),
        sa.Column("first_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("slot", sa.BigInteger, sa.ForeignKey("bundles.slot"), primary_key=True),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.Column("every_ms", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def _rollups() -> None:
    counts = ("good", "bad", "unjudged", "unseen", "odd")
    op.create_table(
        "rollups",
        sa.Column("series", sa.Integer, sa.ForeignKey("sample_series.id"), primary_key=True),
        sa.Column("span_ms", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("every_ms", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in counts),
        sa.Column("total", sa.Double, nullable=False),
        sa.Column("least", sa.Double),
        sa.Column("most", sa.Double),
        sa.Column("first_ms", sa.BigInteger),
        sa.Column("last_ms", sa.BigInteger),
        sa.Column("first", sa.Double),
        sa.Column("last", sa.Double),
        sa.Column("increase", sa.Double, nullable=False),
        sa.Column("resets", sa.BigInteger, nullable=False),
        sa.Column("longest_gap_ms", sa.BigInteger, nullable=False),
        sa.Column("holes", sa.BigInteger, nullable=False),
        sa.Column("unknown_ms", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
