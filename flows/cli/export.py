"""`readiness export`: what the evidence comes to, in the formats of other systems."""

import signal
import threading
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.terminal import err
from flows.settings import Settings

app = typer.Typer(help="Hand figures to the systems that watch this one.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `prometheus` a command of its own while it is the only one."""


@app.command()
def prometheus(
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
    textfile: Annotated[
        Path | None, typer.Option(help="Replace this file, whose name ends in .prom, for node_exporter.")
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(metavar="[HOST:]PORT", help="Answer at /metrics until interrupted; by default on 127.0.0.1."),
    ] = None,
) -> None:
    """Print where everything stands now as Prometheus reads it. Collects nothing and writes nothing to the store.

    What cannot be read is exported as unreadable, with every check ERROR, and then told on standard error.
    """
    if textfile is not None and listen is not None:
        raise typer.BadParameter("give one of --textfile and --listen")
    settings = Settings.of(catalog)
    if listen is not None:
        _serve(settings, listen)
        return
    from flows.watching import watched_as_far_as_possible
    from reports.exports.prometheus import exposition

    found, problem = watched_as_far_as_possible(settings)
    _hand_over(exposition(found), textfile)
    if problem is not None:
        raise problem


def _hand_over(text: bytes, textfile: Path | None) -> None:
    if textfile is None:
        print(text.decode(), end="")  # noqa: T201 (the figures are what was asked for)
        return
    from tasks.exporting.textfile import replace_textfile

    replace_textfile(textfile, text)


def _serve(settings: Settings, listen: str) -> None:
    """Answers until it is interrupted or terminated."""
    from flows.exporting import metrics_server

    host, port = _address(listen)
    with metrics_server(settings, (host, port), _tell) as server:
        if not _is_loopback(host):
            _tell(f"{host} is reached from other machines, and whoever reaches it reads what every check comes to")
        _tell(f"listening on {server.url}")
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stopped.wait()
        server.shutdown()


def _tell(line: str) -> None:
    err.print(line, soft_wrap=True, highlight=False, markup=False)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(listen: str) -> tuple[str, int]:
    """A host and a port out of `HOST:PORT` or `PORT`; an IPv6 host stands in brackets."""
    host, colon, port = listen.rpartition(":")
    if not port.isascii() or not port.isdecimal() or int(port) > 65_535 or (colon and not host):
        raise typer.BadParameter(f"{listen!r} is no address; write 127.0.0.1:9874, or the port alone")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)
