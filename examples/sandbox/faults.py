"""The faults that the service shows while a file of that name lies in its folder, and not a moment longer."""

from examples.sandbox.folder import Folder

SLOW = "slow"
FAILING_BODY = "failing-body"
TRUNCATED_METRICS = "truncated-metrics"


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
