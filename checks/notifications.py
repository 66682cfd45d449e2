"""Who is told, where and when: the part of a catalogue on notifications."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    StringConstraints,
    Tag,
    WithJsonSchema,
    field_validator,
)

from checks.durations import Duration, parse_duration
from checks.records import Name, Record, Text
from checks.slots import Cadence
from checks.variables import REFERENCE

_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"


def _whole_reference(value: object) -> object:
    """An address of a sink is a secret as a whole: who has it can speak in our name."""
    text = value if isinstance(value, str) else ""
    if not (text.startswith("${") and text.endswith("}")):
        raise ValueError("the whole address comes from the environment; write ${NAME} here")
    return value


def _with_reference(value: str) -> str:
    if not REFERENCE.search(value):
        raise ValueError("a header's value comes from the environment; write ${NAME} here")
    return value


def _time_of_day(value: object) -> time:
    """Reads `22:00`; unquoted YAML makes a number of it."""
    if isinstance(value, time):
        return value
    try:
        return datetime.strptime(str(value), "%H:%M").time()  # noqa: DTZ007 (a time of day has a zone of its own)
    except ValueError:
        raise ValueError(f'{value!r} is no time of day; write it in quotes, as "22:00"') from None


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # a zone that is not there is a KeyError, but a folder of zones is no file
        raise ValueError(f"{name!r} is no time zone; write one like Europe/Berlin, or UTC") from None
    except KeyError:
        raise ValueError(f"no time zone called {name!r} is known here; write one like Europe/Berlin, or UTC") from None
    return name


SecretAddress = Annotated[
    str, BeforeValidator(_whole_reference), StringConstraints(pattern=r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$")
]
HeaderValue = Annotated[str, AfterValidator(_with_reference)]
TimeOfDay = Annotated[
    time,
    BeforeValidator(_time_of_day),
    PlainSerializer(lambda value: f"{value:%H:%M}"),
    WithJsonSchema({"type": "string", "pattern": _TIME, "examples": ["22:00"]}),
]
Zone = Annotated[str, AfterValidator(_known_zone)]


class AppriseSink(Record):
    """Anything that Apprise can speak to, by its URL.

    With a `tag` the address is that of an Apprise configuration, and those of its services are told that have the tag.
    """

    apprise: SecretAddress
    tag: Text | None = None


class AlertmanagerSink(Record):
    """An Alertmanager, by the address before `/api/v2`; what is told there can be read back."""

    alertmanager: SecretAddress
    headers: dict[str, HeaderValue] = Field(default_factory=dict)


def _sink_tag(value: Any) -> str | None:
    if isinstance(value, Mapping):
        return next((f"{key} sink" for key in ("apprise", "alertmanager") if key in value), None)
    return f"{type(value).__name__.removesuffix('Sink').lower()} sink"


Sink = Annotated[
    Annotated[AppriseSink, Tag("apprise sink")] | Annotated[AlertmanagerSink, Tag("alertmanager sink")],
    Discriminator(
        _sink_tag,
        custom_error_type="sink_kind",
        custom_error_message="says nothing of what it is; give it one of apprise or alertmanager",
    ),
]


class Quiet(Record):
    """Hours of each day, by a clock on the wall of `zone`, in which nobody is told; then all that was held comes.

    They may span midnight. What is critical passes, unless `critical` says that it is held too.
    """

    since: TimeOfDay
    until: TimeOfDay
    zone: Zone = "UTC"
    critical: Literal["passes", "held"] = "passes"

    @field_validator("until")
    @classmethod
    def _is_a_stretch(cls, until: time, info: Any) -> time:
        if until == info.data.get("since"):
            raise ValueError("quiet hours that end when they begin are none or all; write two different times")
        return until

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies in them."""
        now = at.astimezone(ZoneInfo(self.zone)).time()
        if self.since < self.until:
            return self.since <= now < self.until
        return now >= self.since or now < self.until


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Digest(Record):
    """A summary of what stands, each day or each week, in the first run after a time of day."""

    every: Literal["daily", "weekly"] = "daily"
    at: TimeOfDay = time(8)
    on: Weekday = "monday"
    zone: Zone = "UTC"

    def last_due(self, now: datetime) -> datetime:
        """The newest instant at which one was due; of an hour that a clock shows twice, the first."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone)
        for back in range(9):
            day = today - timedelta(days=back)
            due = datetime.combine(day.date(), self.at, zone).astimezone(now.tzinfo)
            if due <= now and (self.every == "daily" or WEEKDAYS[day.weekday()] == self.on):
                return due
        raise AssertionError("each week has every day")


class Route(Record):
    """Where an owner is told, and when not."""

    sinks: tuple[Name, ...] = Field(min_length=1)
    quiet: Quiet | None = None
    digest: Digest | None = None


class Flapping(Record):
    """A check flaps once its outcome changed so often `within` a time; it is calm once nothing changed for `calm`."""

    changes: Annotated[int, Field(ge=3, le=20)] = 4
    within: Duration = parse_duration("6h")
    calm: Duration = parse_duration("2h")


class Notifications(Record):
    """Who is told of what: by owner, and by default.

    One delivery takes `timeout` at most, and all of a run's together `overall`: no sink ever holds a run.
    """

    sinks: dict[Name, Sink] = Field(min_length=1)
    default: Route
    routes: dict[Text, Route] = Field(default_factory=dict)
    remind_after: Duration = parse_duration("24h")
    flapping: Flapping = Flapping()
    timeout: Duration = parse_duration("15s")
    overall: Duration = parse_duration("45s")
    heartbeat: dict[Cadence, SecretAddress] = Field(default_factory=dict)

    @field_validator("remind_after")
    @classmethod
    def _not_all_the_time(cls, remind_after: timedelta) -> timedelta:
        if remind_after < timedelta(hours=1):
            raise ValueError("a reminder more often than each hour is noise; write a duration from 1h on")
        return remind_after

    @field_validator("timeout", "overall")
    @classmethod
    def _bounded(cls, limit: timedelta) -> timedelta:
        if not timedelta(milliseconds=100) <= limit <= timedelta(minutes=5):
            raise ValueError("a time limit lies between 100ms and 5m")
        return limit

    def route_of(self, owner: str | None) -> Route:
        """The owner's own route, else the default one."""
        return self.routes.get(owner, self.default) if owner is not None else self.default

    def for_messages(self, route: Route) -> tuple[str, ...]:
        """Those of a route's sinks that take what is no alert."""
        return tuple(sink for sink in route.sinks if isinstance(self.sinks.get(sink), AppriseSink))

    @property
    def all_routes(self) -> dict[str, Route]:
        """Every route by name; the default one is called by nothing."""
        return {"": self.default, **self.routes}


def contradictions(
    notifications: Notifications, *, owners: Collection[str], cadences: Collection[Cadence]
) -> Iterator[str]:
    """Names of nothing, one line each with its path."""
    routes = {"default": notifications.default} | {f"routes.{name}": one for name, one in notifications.routes.items()}
    for where, route in routes.items():
        for sink in route.sinks:
            if sink not in notifications.sinks:
                yield f"notify.{where}.sinks: no sink is called {sink!r}"
        if route.digest is not None and not notifications.for_messages(route):
            yield f"notify.{where}.digest: a digest is no alert; add an apprise sink, which takes messages"
    for owner in notifications.routes:
        if owner not in owners:
            known = ", ".join(sorted(owners)) or "nobody"
            yield f"notify.routes.{owner}: no check is of {owner!r}; owners are {known}"
    for cadence in notifications.heartbeat:
        if cadence not in cadences:
            yield f"notify.heartbeat.{cadence}: no check is `every: {cadence}`, so its heart would never beat"
