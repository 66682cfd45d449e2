"""Telling people: topics with their states, messages, and attempts to deliver them."""

import sqlalchemy as sa
from alembic import op

from tasks.store.columns import InstantColumn, TextColumn
from tasks.store.migrations.append_only import refuse_changes, refuse_replacing

revision = "0003"
down_revision = "0002"

ENDED_ONCE = ("ended_at", "accepted", "delivered", "failure")


def upgrade() -> None:
    """Nothing that is stored is touched."""
    _topics()
    _messages()
    _deliveries()
    refuse_changes("topics", "topic_states")
    refuse_replacing("topic_states", "topic", "revision")
    refuse_changes("messages", but_once=("settled_at",))
    refuse_changes("deliveries", but_once=ENDED_ONCE)


def _topics() -> None:
    op.create_table(
        "topics",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", TextColumn, nullable=False),
        sa.UniqueConstraint("name", name="topics_key"),
    )
    op.create_table(
        "topic_states",
        sa.Column("topic", sa.Integer, sa.ForeignKey("topics.id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", InstantColumn, nullable=False),
        sa.Column("state", TextColumn, nullable=False),
        sqlite_with_rowid=False,
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("key", TextColumn, nullable=False),
        sa.Column("sink", TextColumn, nullable=False),
        sa.Column("at", InstantColumn, nullable=False),
        sa.Column("content", TextColumn, nullable=False),
        sa.Column("settled_at", InstantColumn),
        sa.UniqueConstraint("key", name="messages_key"),
    )
    waiting = sa.text("settled_at IS NULL")
    op.create_index("messages_waiting", "messages", ["sink", "id"], sqlite_where=waiting, postgresql_where=waiting)


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("message", sa.Integer, sa.ForeignKey("messages.id"), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("began_at", InstantColumn, nullable=False),
        sa.Column("ended_at", InstantColumn),
        sa.Column("accepted", TextColumn),
        sa.Column("delivered", TextColumn),
        sa.Column("failure", TextColumn),
        sqlite_with_rowid=False,
    )
