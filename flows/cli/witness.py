"""`readiness witness`: cosigns an evidence log under a key of its own, over HTTP or by files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.errors import VerificationError
from checks.evidence.notes import NoteKey
from flows.cli.terminal import err, out
from flows.clock import now
from flows.settings import Settings

if TYPE_CHECKING:
    from tasks.sealing.witness import Witness

app = typer.Typer(help="Watch another's evidence log, and cosign what it only adds to.", no_args_is_help=True)

Key = Annotated[Path, typer.Option(help="The witness's own key; make it with `readiness key new`.")]
State = Annotated[Path, typer.Option(help="Where the witness keeps the last checkpoint of each log.")]
Log = Annotated[Path, typer.Option(help="The log.vkey of the logs to watch, as their owner handed it over.")]
Name = Annotated[str, typer.Option(help="The witness's name in its cosignatures.")]


@app.command()
def key(key: Key, name: Name = "witness") -> None:
    """Print the witness's public key, for the trust folder's witness.vkey."""
    out.print(_opened(key, name, key.parent / ".none", ()).key.text, soft_wrap=True)


@app.command()
def serve(key: Key, state: State, log: Log, name: Name = "witness", port: int = 8740, host: str = "127.0.0.1") -> None:
    """Answer at http://HOST:PORT until interrupted; every refusal is a line on standard error."""
    from tasks.sealing.witness_server import WitnessServer

    witness = _opened(key, name, state, _logs(log))
    with WitnessServer((host, port), witness, lambda line: err.print(line, soft_wrap=True)) as server:
        out.print(f"witness {witness.key.text}\nlistening on {server.url}", soft_wrap=True)
        server.serve_forever()


@app.command()
def cosign(
    request: Annotated[Path, typer.Argument(help="What `readiness log request` wrote.")],
    key: Key,
    state: State,
    log: Log,
    name: Name = "witness",
) -> None:
    """Cosign one request from a file, and print the cosignature for `readiness log accept`."""
    answer = _opened(key, name, state, _logs(log)).add_checkpoint(request.read_bytes())
    if answer.because:
        raise VerificationError(f"not cosigned: {answer.because}")
    print(answer.body.decode(), end="")  # noqa: T201 (the cosignature is what was asked for)


def _opened(key: Path, name: str, state: Path, logs: tuple[NoteKey, ...]) -> "Witness":
    from tasks.sealing.witness import open_witness

    return open_witness(key, name=name, state=state, logs=logs, now=now, agent=Settings().agent)


def _logs(path: Path) -> tuple[NoteKey, ...]:
    from tasks.sealing.trust import read_note_keys

    found = read_note_keys(path)
    if not found:
        raise VerificationError(f"{path} names no log; it is the log.vkey of the trust folder")
    return found
