"""`readiness`: the command line."""

import os
import sys
import warnings
from types import TracebackType
from typing import NoReturn

from checks.errors import CatalogError, OperationError, ReadinessError, VerificationError
from flows.settings import environment, keep_private, prepare_process


def main() -> None:
    """Runs the command line; whatever goes wrong ends in one clear line on standard error and an exit code."""
    prepare_process()
    keep_private()
    sys.excepthook = _in_one_line
    warnings.showwarning = _warning_in_one_line
    from flows.cli import app

    try:
        app()
    except ReadinessError as error:
        print(_told(error), file=sys.stderr)  # noqa: T201 (this is the command line)
        if isinstance(error, OperationError) and environment().get("PREFECT_API_URL"):
            _leave(exit_code(error))
        sys.exit(exit_code(error))


def exit_code(error: ReadinessError) -> int:
    """2 for what the user wrote, 3 for what does not verify, 1 for what could not be done."""
    match error:
        case CatalogError():
            return 2
        case VerificationError():
            return 3
        case _:
            return 1


def _leave(code: int) -> NoReturn:
    """Ends at once. To a server that is away Prefect's library would first offer all its events, each for seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _in_one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody foresaw: still one line, and where to find more."""
    where = ""
    while trace is not None:
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    print(f"unexpected {kind.__name__} at {where}: {_told(error)}; please report this line", file=sys.stderr)  # noqa: T201


def _told(error: BaseException) -> str:
    """What went wrong, without secrets of the environment."""
    from flows.discretion import told

    return told(error, environment())


def _warning_in_one_line(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    print(f"{category.__name__}: {message}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
