"""What a person asks for: two sides, a key, and what counts as equal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from checks.database_urls import DatabaseUrl, misread
from checks.variables import REFERENCE
from tasks.comparison.errors import RequestError
from tasks.comparison.rules import ColumnRule, Tolerance


@dataclass(frozen=True, slots=True)
class Location:
    """Where the rows of one side are: a URL or a path, the relation in it, and a filter in the side's own language.

    The address may hold a password, so it is never printed, and it never leaves this process: a copy of a location has
    its `template` as its address, the same with `${NAME}` for what is secret, until that is filled in again. Errors and
    evidence name a file as it is `called`: as the person wrote it, for two files may have one last name.
    """

    address: str = field(repr=False)
    relation: str | None = None
    where: str | None = None
    template: str | None = None
    called: str | None = None

    def __reduce__(self) -> tuple[type["Location"], tuple[str | None, ...]]:
        """What a pickle holds; an address that has a password and no template is refused."""
        address = self.address if self.template is None else self.template
        if _tells_a_password(address):
            raise RequestError("an address with a password is not sent elsewhere; name it by ${NAME}")
        return Location, (address, self.relation, self.where, self.template, self.called)


def _tells_a_password(address: str) -> bool:
    url = REFERENCE.sub("1", address)
    if "://" not in url or url.startswith("sqlite"):
        return False
    return misread(url) or "password=" in url or bool(DatabaseUrl.read(url).password)


@dataclass(frozen=True, slots=True)
class Mapped:
    """One compared column under a name of its own: a column or an expression on each side, in that side's language."""

    name: str
    left: str
    right: str


NO_TOLERANCE = Tolerance(absolute=Decimal(0))


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """Totals that must agree for each group, by decimals: `measure` is summed, or rows are counted when it is `None`.

    `by` names compared columns or mappings; a group that is on one side only counts as zero on the other.
    """

    by: tuple[str, ...]
    measure: str | None = None
    tolerance: Tolerance = NO_TOLERANCE
    cap: int = 1_000


class Sides(StrEnum):
    """Which sides something is about."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class OneToMany:
    """Rows of one key on the `many` side stand together for one row: their `amount` is added up before it is compared.

    The other compared columns must be the same in all of them.
    """

    many: Sides
    amount: str


@dataclass(frozen=True, slots=True)
class Items:
    """Rows without a common key: paired one to one among those whose `key` columns are equal, a group of items.

    Two items can be paired if `amount`, and `time` if there is one, are equal or within the tolerance of their rules.
    """

    amount: str
    time: str | None = None


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """The total of a compared column on both sides, and one for each class of rows: together they must add up to it."""

    measure: str
    tolerance: Tolerance = NO_TOLERANCE


@dataclass(frozen=True, slots=True)
class Samples:
    """How many rows of each class are shown, and which columns never are (`*` for all but a key that is not all).

    Nor is a mapping that may show one of them.
    """

    each: int = 100
    redact: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.each <= 1_000:
            raise RequestError("between 0 and 1,000 samples of each class can be shown")


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Rows that differ are read again after `wait`; those that then agree were in flight. At most `keys` of them."""

    wait: timedelta
    keys: int = 100_000


@dataclass(frozen=True, slots=True)
class KeyRange:
    """A part of a comparison: rows whose one integer key is at least `start` and below `stop`."""

    start: int | None = None
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A whole request. Without `key` it is inferred: primary key, then unique index, then uniqueness in a sample.

    Without `columns` all columns of one name on both sides are compared. `exact` compares values, never hashes;
    `exact_columns` counts every changed column instead of estimating past `column_cap` changed rows. `way` forces a way
    by name (tests and benchmarks). `seconds` limits each query on a server. With a `matching`, rows are not paired
    one to one by key, and without `columns` only what it needs is compared.
    """

    left: Location
    right: Location
    key: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    mapped: tuple[Mapped, ...] = ()
    rules: Mapping[str, ColumnRule] = field(default_factory=dict)
    groups: tuple[GroupTotal, ...] = ()
    controls: tuple[ControlTotal, ...] = ()
    matching: OneToMany | Items | None = None
    samples: Samples = Samples()
    second_look: SecondLook | None = None
    part: KeyRange | None = None
    exact: bool = False
    exact_columns: bool = False
    column_cap: int = 100_000
    seconds: float | None = None
    way: str | None = None
