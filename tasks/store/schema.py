"""The store's tables as they are now; `migrations/` leads every older store here.

Nothing recorded is ever changed. A few columns are filled in later, once: `slots.filled_by`, what a seal leaves in
`bundles`, when a message was settled and how a delivery ended. Triggers hold all of it in the database as well.

It is built for tens of millions of verdicts: they lie in the order of their slots, a new slot is appended at the end,
and the primary key leads from a series to its newest verdict at any instant in one step. Partial indexes hold only the
few slots that nobody filled and the few bundles that nobody sealed or that stand for a missed slot, so asking for those
costs the same in every year.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    column,
    text,
)

from tasks.store.columns import InstantColumn, TextColumn

metadata = MetaData()
MISSED = "status = 'missed'"
"""Which bundles stand for a slot that nobody collected; asked in these very words, their index answers."""

# A series is one subject of one check through time; verdicts name it by number, which keeps them small.
series = Table(
    "series",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("check_id", TextColumn, nullable=False),
    Column("subject", TextColumn, nullable=False),
    UniqueConstraint("check_id", "subject", name="series_key"),
)

# One row for each recorded slot: stored first, sealed later. `digest` covers its verdicts, status and context.
bundles = Table(
    "bundles",
    metadata,
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("cadence", TextColumn, nullable=False),
    Column("at", InstantColumn, nullable=False),
    Column("status", TextColumn, nullable=False),
    Column("environment", TextColumn, nullable=False),
    Column("version", TextColumn),
    Column("catalog_digest", TextColumn, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("staging", TextColumn, nullable=False),
    Column("bundle_digest", TextColumn),
    Column("bundle_path", TextColumn),
    Column("sealed_at", InstantColumn),
    Index("bundles_by_cadence", "cadence", "slot"),
    Index(
        "bundles_unsealed",
        "slot",
        sqlite_where=column("sealed_at").is_(None),
        postgresql_where=column("sealed_at").is_(None),
    ),
    Index("bundles_missed", "cadence", "slot", sqlite_where=text(MISSED), postgresql_where=text(MISSED)),
)

# One row for each slot that the calendar owes; `filled_by` is the recorded slot within its period.
slots = Table(
    "slots",
    metadata,
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("cadence", TextColumn, nullable=False),
    Column("at", InstantColumn, nullable=False),
    Column("filled_by", BigInteger, ForeignKey("bundles.slot")),
    Index("slots_by_cadence", "cadence", "slot"),
    Index(
        "slots_unfilled",
        "cadence",
        "slot",
        sqlite_where=column("filled_by").is_(None),
        postgresql_where=column("filled_by").is_(None),
    ),
)

# `outcome`, `severity` and `because` repeat what the worst of `findings` says, for people who ask in SQL.
verdicts = Table(
    "verdicts",
    metadata,
    Column("series", Integer, ForeignKey("series.id"), primary_key=True),
    Column("slot", BigInteger, ForeignKey("bundles.slot"), primary_key=True),
    Column("kind", TextColumn, nullable=False),
    Column("outcome", TextColumn, nullable=False),
    Column("severity", TextColumn),
    Column("because", TextColumn, nullable=False),
    Column("judged_at", InstantColumn, nullable=False),
    Column("fingerprint", TextColumn),
    Column("digest", LargeBinary, nullable=False),
    Column("findings", TextColumn, nullable=False),
    Index("verdicts_by_slot", "slot"),
)

# How long each stage of a run took, noted once it had done all of them; shown, and deciding nothing.
run_stages = Table(
    "run_stages",
    metadata,
    Column("slot", BigInteger, ForeignKey("bundles.slot"), primary_key=True, autoincrement=False),
    Column("stage", TextColumn, primary_key=True),
    Column("seconds", Double, nullable=False),
    sqlite_with_rowid=False,
)

# Where each readiness model stood at the end of a run, in short, for later pages to compare with; decides nothing.
model_standings = Table(
    "model_standings",
    metadata,
    Column("slot", BigInteger, ForeignKey("bundles.slot"), primary_key=True, autoincrement=False),
    Column("model", TextColumn, primary_key=True),
    Column("as_of", InstantColumn, nullable=False),
    Column("standing", TextColumn, nullable=False),
    sqlite_with_rowid=False,
)

# A sample series is one measure of one subject of one check through time.
sample_series = Table(
    "sample_series",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("check_id", TextColumn, nullable=False),
    Column("subject", TextColumn, nullable=False),
    Column("measure", TextColumn, nullable=False),
    UniqueConstraint("check_id", "subject", "measure", name="sample_series_key"),
)

# What one recorded slot brought of one series, packed; milliseconds are since 1970 in UTC. In the order of time, so
# that a stretch of a series is read from one place.
samples = Table(
    "samples",
    metadata,
    Column("series", Integer, ForeignKey("sample_series.id"), primary_key=True),
    Column("first_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("slot", BigInteger, ForeignKey("bundles.slot"), primary_key=True),
    Column("last_ms", BigInteger, nullable=False),
    Column("every_ms", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# What the samples of a series come to over an hour or a day that is over. Samples that come after all leave another
# row of a higher revision; only the highest counts.
rollups = Table(
    "rollups",
    metadata,
    Column("series", Integer, ForeignKey("sample_series.id"), primary_key=True),
    Column("span_ms", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("every_ms", BigInteger, nullable=False),
    Column("good", BigInteger, nullable=False),
    Column("bad", BigInteger, nullable=False),
    Column("unjudged", BigInteger, nullable=False),
    Column("unseen", BigInteger, nullable=False),
    Column("odd", BigInteger, nullable=False),
    Column("total", Double, nullable=False),
    Column("least", Double),
    Column("most", Double),
    Column("first_ms", BigInteger),
    Column("last_ms", BigInteger),
    Column("first", Double),
    Column("last", Double),
    Column("increase", Double, nullable=False),
    Column("resets", BigInteger, nullable=False),
    Column("longest_gap_ms", BigInteger, nullable=False),
    Column("holes", BigInteger, nullable=False),
    Column("unknown_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What is told is about topics. Each keeps every state in which it was remembered; only the highest revision counts.
topics = Table(
    "topics",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", TextColumn, nullable=False),
    UniqueConstraint("name", name="topics_key"),
)
topic_states = Table(
    "topic_states",
    metadata,
    Column("topic", Integer, ForeignKey("topics.id"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("at", InstantColumn, nullable=False),
    Column("state", TextColumn, nullable=False),
    sqlite_with_rowid=False,
)

# One row for each message to a sink, from when it was decided on; settled once it need not be told again.
messages = Table(
    "messages",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("key", TextColumn, nullable=False),
    Column("sink", TextColumn, nullable=False),
    Column("at", InstantColumn, nullable=False),
    Column("content", TextColumn, nullable=False),
    Column("settled_at", InstantColumn),
    UniqueConstraint("key", name="messages_key"),
    Index(
        "messages_waiting",
        "sink",
        "id",
        sqlite_where=column("settled_at").is_(None),
        postgresql_where=column("settled_at").is_(None),
    ),
)

# One row for each attempt to tell a message, from before it begins; one without an end is of a run that died.
deliveries = Table(
    "deliveries",
    metadata,
    Column("message", Integer, ForeignKey("messages.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("began_at", InstantColumn, nullable=False),
    Column("ended_at", InstantColumn),
    Column("accepted", TextColumn),
    Column("delivered", TextColumn),
    Column("failure", TextColumn),
    sqlite_with_rowid=False,
)
