"""What monitoring asks for: an index of the missed slots, and how long each stage of a run took."""

import sqlalchemy as sa
from alembic import op

from tasks.store.columns import TextColumn
from tasks.store.migrations.append_only import refuse_changes, refuse_replacing

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing that is stored is touched."""
    missed = sa.text("status = 'missed'")
    op.create_index("bundles_missed", "bundles", ["cadence", "slot"], sqlite_where=missed, postgresql_where=missed)
    op.create_table(
        "run_stages",
        sa.Column("slot", sa.BigInteger, sa.ForeignKey("bundles.slot"), primary_key=True, autoincrement=False),
        sa.Column("stage", TextColumn, primary_key=True),
        sa.Column("seconds", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    refuse_changes("run_stages")
    refuse_replacing("run_stages", "slot", "stage")
