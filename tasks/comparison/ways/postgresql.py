"""PostgreSQL against PostgreSQL: hashes made in the database, only hashes travel.

With one integer key a probe of a few windows estimates the share of rows that differ and chooses: *segments* (one count
and hash for each 512 keys, then digests of those that differ) or *digests* (key and hash of every row). Any other
key, or rows that lie in another order than the key: *streamed* in disk order. No count depends on the choice.
"""

from tasks.comparison.kinds import Kind
from tasks.comparison.postgres import agreement, hashes, streamed
from tasks.comparison.postgres.ranged import Ranged
from tasks.comparison.postgres.reading import SETTINGS, Reading, sides_of
from tasks.comparison.postgres.shape import shape_of
from tasks.comparison.result import Bits, Plan
from tasks.comparison.sides.postgresql import PostgresSide
from tasks.comparison.tally import Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.way import Pair

FEW = 5e-4
ORDERED = 0.9
UNORDERED_FROM_ROWS = 1_000_000


class PostgresWay:
    """Hashes of rows."""

    names = ("segments", "digests", "streamed")

    def unfit(self, pair: Pair) -> str | None:
        """Why another way is needed."""
        left, right = sides_of(pair)
        if pair.task.request.exact:
            return "exact values were asked for"
        reason = streamed.fit(left) or streamed.fit(right) if range_unfit(pair) else None
        for column in pair.task.compared:
            reason = reason or hashes.unfit(column)
            reason = reason or hashes.unfit_json(left, column.left) or hashes.unfit_json(right, column.right)
        return reason or agreement.disagreement(left.session, right.session, pair.task)

    def run(self, pair: Pair, tally: Tally, watch: Watch) -> tuple[Plan, Bits]:
        """Probes, chooses and counts."""
        for side in sides_of(pair):
            side.share_snapshot()
            side.session.execute(SETTINGS)
        reading = Reading(pair, tally, watch)
        reason, wanted = range_unfit(pair), pair.task.request.way
        if reason is not None or wanted == "streamed":
            plan = _streamed(reading, Plan("streamed", reason or "asked for"))
        else:
            plan = _ranged(reading)
        rows = max(tally.counts["left"], tally.counts["right"])
        keys = rows * rows / 2 if plan.way == "streamed" else 0
        return plan, Bits(hashes.BITS, (rows + keys) * 2.0**-hashes.BITS)


def _streamed(reading: Reading, plan: Plan) -> Plan:
    streamed.Streamed(reading).run(plan.probed_share or 0.0)
    return plan


def _ranged(reading: Reading) -> Plan:
    shape = shape_of(reading.pair, sides_of(reading.pair))
    if shape is None:
        return Plan("segments", "neither side has a row")
    ranged = Ranged(reading, shape)
    probed, differing = ranged.probe()
    share = differing / probed if probed else 0.0
    way, because = _choose(reading.pair, share, shape.rows)
    plan = Plan(way, because, probed, share)
    if way == "streamed":
        return _streamed(reading, plan)
    if way == "segments":
        ranged.segments()
    else:
        ranged.digests(share)
    return plan


def _choose(pair: Pair, share: float, rows: int) -> tuple[str, str]:
    key = pair.task.key[0]
    ends = list(zip(sides_of(pair), (key.left.column.name, key.right.column.name), strict=True))
    unique = all((name,) in side.relation.unique_keys for side, name in ends)
    if pair.task.request.way is not None:
        return pair.task.request.way, "asked for"
    if unique and share <= FEW:
        return "segments", "few rows differ in the probe"
    because = "many rows differ in the probe" if unique else f"{key.name} is not unique by constraint on both sides"
    unordered = any(not _ordered(side, name) for side, name in ends)
    if rows >= UNORDERED_FROM_ROWS and unordered and not any(map(streamed.fit, sides_of(pair))):
        return "streamed", f"{because}; rows lie in another order than the key"
    return "digests", because


def _ordered(side: PostgresSide, name: str) -> bool:
    correlation = side.relation.indexed[name]
    return correlation is None or abs(correlation) >= ORDERED


def range_unfit(pair: Pair) -> str | None:
    """Why the key cannot be cut into ranges."""
    if len(pair.task.key) != 1 or pair.task.key[0].kind is not Kind.INTEGER:
        return "the key is not one integer"
    key = pair.task.key[0]
    if any(one.expression is not None or one.column.nullable for one in (key.left, key.right)) or key.rule.round_to:
        return "the key is no plain column without nulls"
    for side, one in zip(sides_of(pair), (key.left, key.right), strict=True):
        if one.column.name not in side.relation.indexed:
            return f"no index of {side.name} begins with the key"
    return None


WAY = PostgresWay()
