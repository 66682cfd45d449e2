"""One to many: rows of one key that stand together for one row are added up before they are compared."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tasks.comparison.amounts import amount_of, plus
from tasks.comparison.canonical import Canonical
from tasks.comparison.pairing import Paired, Pairing, Values
from tasks.comparison.request import Sides
from tasks.comparison.result import Shown


class Bundling:
    """Adds up the amount at a `place` on the side of the many, then pairs what comes out one to one.

    Rows that differ in anything but the amount stay apart, and then their key repeats: that is a finding.
    """

    def __init__(self, pairing: Pairing, many: Sides, *, place: int, name: str) -> None:
        self._pairing = pairing
        self._many = (many in (Sides.LEFT, Sides.BOTH), many in (Sides.RIGHT, Sides.BOTH))
        self._place = place
        self._name = name
        self._largest = 0
        self._bundles = 0

    def division(self, values: Values) -> Hashable:  # noqa: ARG002 (all rows of a key may meet)
        """All rows of a key."""
        return None

    def pair(self, lefts: Sequence[Values], rights: Sequence[Values]) -> Paired:
        """Pairs the sums."""
        here, there = (
            self._added(rows) if many else [self._exact(row) for row in rows]
            for rows, many in zip((lefts, rights), self._many, strict=True)
        )
        return replace(self._pairing.pair(here, there), lines=(len(lefts), len(rights)))

    def facts(self) -> Mapping[str, Shown]:
        """How many rows stand for one at most."""
        return {"bundles": self._bundles, "largest bundle, rows": self._largest}

    def _added(self, rows: Sequence[Values]) -> list[Values]:
        """One row for all that differ in their amount alone; a bundle without any amount has none."""
        bundles: dict[Values, list[Canonical]] = {}
        for row in rows:
            bundles.setdefault(self._with(row, None), []).append(row[self._place])
        self._bundles += len(bundles)
        self._largest = max([self._largest, *map(len, bundles.values())])
        return [self._with(row, self._sum(amounts)) for row, amounts in bundles.items()]

    def _sum(self, amounts: Sequence[Canonical]) -> Canonical:
        if len(amounts) == 1:
            return self._decimal(amounts[0])
        known = [amount_of(amount, self._name) for amount in amounts if amount is not None]
        return plus(known) if known else None

    def _exact(self, row: Values) -> Values:
        return self._with(row, self._decimal(row[self._place]))

    @staticmethod
    def _decimal(amount: Canonical) -> Canonical:
        """A float as its shortest decimal, so that it equals a sum of decimals."""
        return Decimal(repr(amount)) if isinstance(amount, float) else amount

    def _with(self, row: Values, amount: Canonical) -> Values:
        return (*row[: self._place], amount, *row[self._place + 1 :])
