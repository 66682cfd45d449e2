"""Why two sides cannot be compared: every reason its own error, none of them a verdict."""

from pathlib import PurePath

from checks.errors import CollectionError


class ComparisonError(CollectionError):
    """Nothing can be said about whether the sides agree.

    ComparisonError
    ├── RequestError              the request contradicts itself or the columns of a side
    │   ├── NoKeyError            no key was given and none could be inferred
    │   ├── MissingColumnError    a column asked for does not exist on one side
    │   ├── TypesError            two columns cannot be compared as they are
    │   └── SameObjectError       both sides are the same object
    ├── SideError                 a side could not be opened or read
    │   ├── SidePermissionError   the side refuses this user
    │   ├── TimeLimitError        the side's own time limit ended a query
    │   ├── ConnectionLostError   the connection broke in the middle
    │   ├── MemoryShortError      a query needs more memory than it is given
    │   └── ChangedError          the side changed while it was read
    ├── ComparisonCancelledError  somebody asked to stop
    └── CountsError               the counts contradict each other: a fault of this engine, never of the data
    """


class RequestError(ComparisonError):
    """The request contradicts itself or the columns of a side."""


class NoKeyError(RequestError):
    """No key was given and none could be inferred."""


class MissingColumnError(RequestError):
    """A column asked for does not exist on one side."""


class TypesError(RequestError):
    """Two columns cannot be compared as they are; the message names them and says what would allow it.

    That is a `rule` of the `column` and its value, in a catalogue's words; who asks in other words says it in those.
    """

    def __init__(self, said: str, column: str | None = None, rule: tuple[str, str] | None = None) -> None:
        self.said = said
        self.column = column
        self.rule = rule
        super().__init__(said if rule is None else f"{said}, such as rules: {{{column}: {{{rule[0]}: {rule[1]}}}}}")


class SameObjectError(RequestError):
    """Both sides are the same object: a comparison would prove nothing."""


class SideError(ComparisonError):
    """A side could not be opened or read; `file` is the path of the one that what is `said` is about, if one is."""

    def __init__(self, said: str, file: str | None = None) -> None:
        super().__init__(said if file is None else f"{PurePath(file).name}: {said}")
        self.said = said
        self.file = file


class SidePermissionError(SideError):
    """The side refuses this user."""


class TimeLimitError(SideError):
    """The side's own time limit ended a query."""


class ConnectionLostError(SideError):
    """The connection to a side broke in the middle."""


class MemoryShortError(SideError):
    """A query needs more memory than it is given; another way to ask may need less."""


class ChangedError(SideError):
    """A side without snapshots changed while it was read."""


class ComparisonCancelledError(ComparisonError):
    """Somebody asked to stop; the queries on the servers were ended too."""


class LateColumnsError(Exception):
    """Rows of a side have columns that nobody knew of when it was resolved: the comparison starts again with them."""


class CountsError(ComparisonError):
    """The counts contradict each other: a fault of this engine, never of the data."""
