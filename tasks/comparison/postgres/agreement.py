"""Whether two servers hash alike: encodings, and a known answer for each hash that the engine uses."""

from tasks.comparison.kinds import Kind
from tasks.comparison.postgres.hashes import near_instant
from tasks.comparison.postgres.session import Session
from tasks.comparison.resolve import Task

MINIMUM = 140_000
_SERVER = "select pg_encoding_to_char(encoding), datctype, current_setting('server_version_num')::int from pg_database"
_KNOWN = """
    select hashint4extended(7, 3), hashint8extended(7, 3), hash_numeric_extended(7.5, 3), hashfloat8extended(7.5, 3),
           hashtextextended('seven' collate "C", 3), hash_array_extended(array['\\x07'::bytea], 3),
           uuid_hash_extended('00000000-0000-0000-0000-000000000007', 3), hash_array_extended(array[7.5::float8], 3),
           hash_array_extended(array[date '2007-07-07'], 3), jsonb_hash_extended('{{"a": [7, "b", null, true]}}', 3),
           {instant}
""".format(instant=near_instant("timestamp '2007-07-07 07:07:07.777'", "3::int8"))


def disagreement(left: Session, right: Session, task: Task) -> str | None:
    """Why hashes of the two servers cannot be compared, or `None` when they can."""
    one, other = (side.one(f"{_SERVER} where datname = current_database()") for side in (left, right))
    if min(one[2], other[2]) < MINIMUM:
        return "a server is older than PostgreSQL 14"
    if one[0] != other[0]:
        return f"the server encodings differ ({one[0]}, {other[0]})"
    folded = any(column.rule.ignore_case and column.kind is Kind.TEXT for column in task.compared)
    if folded and one[1] != other[1]:
        return f"the servers know case differently ({one[1]}, {other[1]})"
    if left.one(_KNOWN) != right.one(_KNOWN):
        return "the servers hash differently"
    return None
