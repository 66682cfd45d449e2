"""The one tree of errors: each says what is wrong, where, and what to do."""


class ReadinessError(Exception):
    """Readiness Evidence cannot tell, and says why in one line.

    ReadinessError
    ├── CatalogError        the catalogue or the settings are wrong
    ├── CollectionError     a source could not be asked        → Outcome.ERROR
    ├── StoreError          the evidence store refused
    ├── SealError           a bundle could not be sealed
    ├── PublishError        what was sealed could not be shown
    ├── OperationError      what runs the flows cannot be started, or has ended
    └── VerificationError   evidence does not verify
    """


class CatalogError(ReadinessError):
    """The catalogue or the settings are wrong; `problems` holds every one of them, a line each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class CollectionError(ReadinessError):
    """A source could not be asked, so nothing can be said about what it would have answered."""


class StoreError(ReadinessError):
    """The evidence store refused: it cannot be reached, or a slot already holds other evidence."""


class SealError(ReadinessError):
    """A bundle could not be sealed; what was stored stays on record as unsealed."""


class PublishError(ReadinessError):
    """What was sealed could not be shown to people; it is evidence all the same."""


class OperationError(ReadinessError):
    """What runs the flows, such as Prefect's server, cannot be reached or started, or has ended by itself."""


class VerificationError(ReadinessError):
    """Evidence does not verify."""
