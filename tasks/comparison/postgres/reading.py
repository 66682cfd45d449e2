"""What both ways of reading share: the sides of a pair with their keys, hashes and filters as SQL."""

import secrets
from dataclasses import dataclass, field
from typing import cast

from tasks.comparison.postgres.digesting import Digesting
from tasks.comparison.postgres.findings import Findings, Place
from tasks.comparison.postgres.hashes import Hashing
from tasks.comparison.postgres.session import Session
from tasks.comparison.sides.postgresql import PostgresSide
from tasks.comparison.tally import Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.way import Pair

SETTINGS = (
    "set local enable_sort = off; set local jit = off; set local enable_bitmapscan = off;"
    " set local max_parallel_workers_per_gather = 0; set local work_mem = '32MB'"
)


def sides_of(pair: Pair) -> tuple[PostgresSide, PostgresSide]:
    """Both sides, known to be PostgreSQL's."""
    return cast("PostgresSide", pair.left), cast("PostgresSide", pair.right)


@dataclass(slots=True)
class Reading:
    """One run: who is read, who is told, and the salt of its hashes."""

    pair: Pair
    tally: Tally
    watch: Watch
    digesting: Digesting = field(init=False)
    _phase: str = field(default="", init=False)
    _read: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.digesting = Digesting(Hashing(secrets.token_bytes(16)), self.pair.task)

    @property
    def sessions(self) -> tuple[Session, Session]:
        """The sessions that stream."""
        left, right = sides_of(self.pair)
        return left.session, right.session

    def places(self, left: str, right: str) -> tuple[Place, Place]:
        """Both sides, each with the SQL of its digests' key."""
        sides, task = sides_of(self.pair), self.pair.task
        return Place(sides[0], task.left, left), Place(sides[1], task.right, right)

    def findings(self, places: tuple[Place, Place], *, at_once: int) -> Findings:
        """Where matches are told."""
        return Findings(self.pair, self.tally, self.digesting, places, at_once=at_once)

    def progress(self, phase: str, rows: int, of: int) -> None:
        """Tells that more rows were read in a phase, of about so many."""
        self._read = rows if phase != self._phase else self._read + rows
        self._phase = phase
        self.watch.tell(phase, self._read, of)
