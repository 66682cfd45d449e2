"""${message}."""

import sqlalchemy as sa
from alembic import op

from tasks.store.columns import InstantColumn, TextColumn

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Evidence is append-only: there is no way back down."""
    ${upgrades if upgrades else "pass"}
