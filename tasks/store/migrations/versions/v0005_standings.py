"""Where readiness models stood at the end of each run, so that a later page need not assess the past again."""

import sqlalchemy as sa
from alembic import op

from tasks.store.columns import InstantColumn, TextColumn
from tasks.store.migrations.append_only import refuse_changes, refuse_replacing

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing that is stored is touched; of the time before, the past is assessed as it was."""
    op.create_table(
        "model_standings",
        sa.Column("slot", sa.BigInteger, sa.ForeignKey("bundles.slot"), primary_key=True, autoincrement=False),
        sa.Column("model", TextColumn, primary_key=True),
        sa.Column("as_of", InstantColumn, nullable=False),
        sa.Column("standing", TextColumn, nullable=False),
        sqlite_with_rowid=False,
    )
    refuse_changes("model_standings")
    refuse_replacing("model_standings", "slot", "model")
