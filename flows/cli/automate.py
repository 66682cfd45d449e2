"""`readiness automate`: what Prefect does by itself when a run crashes, fails or is late."""

from typing import Annotated

import typer

from checks.errors import OperationError
from flows.cli.terminal import out
from flows.settings import environment


def automate(
    notify: Annotated[
        str | None, typer.Option(metavar="TYPE/NAME", help="Tell people by this notification block of Prefect's.")
    ] = None,
) -> None:
    """Lay down Prefect's automations: run again, and tell.

    Laying them down again changes them and doubles none.
    """
    if not environment().get("PREFECT_API_URL"):
        raise OperationError("PREFECT_API_URL names no server; automations are kept by one")
    from flows.automations import lay_down

    for name in lay_down(notify=notify):
        out.print(name, soft_wrap=True, highlight=False)
