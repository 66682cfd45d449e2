"""The faults that the service shows while a file of that name lies in its folder, and not a moment longer."""

from examples.sandbox.folder import Folder

SLOW = "slow"
FAILING_BODY = "failing-body"
TRUNCATED_METRICS = "truncated-metrics"
MISSING_HEADERS = "missing-headers"
OPEN_DOORS = "open-doors"
DOUBLE_TRIGGER = "double-trigger"
MIXED_CONTENT = "mixed-content"
UNLIMITED = "unlimited"


class Faults:
    """Set by the sandbox, read by the service for each request: a file outlives a restart of either."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder.faults

    def set(self, name: str) -> None:
        """The service shows this fault from now on."""
        (self._folder / name).touch()

    def clear(self, name: str) -> None:
        """The service shows this fault no more."""
        (self._folder / name).unlink(missing_ok=True)

    @property
    def slow(self) -> bool:
        """Health takes two seconds to answer."""
        return (self._folder / SLOW).exists()

    @property
    def failing_body(self) -> bool:
        """Health answers 200 with a body that says fail."""
        return (self._folder / FAILING_BODY).exists()

    @property
    def truncated_metrics(self) -> bool:
        """Metrics end in the middle."""
        return (self._folder / TRUNCATED_METRICS).exists()

    @property
    def missing_headers(self) -> bool:
        """No answer has the headers that protect a browser."""
        return (self._folder / MISSING_HEADERS).exists()

    @property
    def open_doors(self) -> bool:
        """Strangers may do what operators may."""
        return (self._folder / OPEN_DOORS).exists()

    @property
    def double_trigger(self) -> bool:
        """Whoever triggers an hour again gets another run."""
        return (self._folder / DOUBLE_TRIGGER).exists()

    @property
    def mixed_content(self) -> bool:
        """The page loads a picture over plain HTTP."""
        return (self._folder / MIXED_CONTENT).exists()

    @property
    def unlimited(self) -> bool:
        """Nobody is told to come back later."""
        return (self._folder / UNLIMITED).exists()
