"""`readiness serve`: a Prefect server, the schedules and a worker in one program."""

from pathlib import Path
from typing import Annotated

import typer

from checks.errors import OperationError
from flows.cli.interruptible import interruptible
from flows.cli.terminal import out
from flows.settings import Settings, environment, prepare_serving


def serve(
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port of Prefect's pages and API.")] = 4200,
) -> None:
    """Serve the schedules: Prefect's server, its pages, a worker.

    Everything that it starts ends with it. Whoever runs several machines starts their parts by themselves:
    docs/operators.md says how.
    """
    settings = Settings.of(catalog)
    _look_before_starting(settings)
    prepare_serving(settings, f"http://127.0.0.1:{port}/api")
    from flows.serving import Address
    from flows.serving import serve as served

    address = Address(port)
    address.demand_free()
    interruptible(lambda stop: served(settings, address, tell=_tell, stop=stop))
    _tell("stopped")


def _look_before_starting(settings: Settings) -> None:
    from flows.wiring import Wiring

    server = environment().get("PREFECT_API_URL")
    if server:
        raise OperationError(
            f"PREFECT_API_URL names a server already, {server}; deploy there (docs/operators.md), or unset it"
        )
    Wiring.of(settings)
    settings.check_folders()


def _tell(line: str) -> None:
    out.print(line, soft_wrap=True, highlight=False, markup=False)
