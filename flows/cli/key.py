"""`readiness key`: signing keys, and whose word counts."""

from pathlib import Path
from typing import Annotated

import typer

from checks.slots import parse_instant
from flows.cli.refusal import refused_in_words
from flows.cli.terminal import out
from flows.clock import now
from flows.settings import Settings
from tasks.sealing.keys import new_key, public_half

app = typer.Typer(help="Make signing keys, and change them.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Make signing keys, and change them."""


@app.command()
def new(file: Annotated[Path, typer.Argument(help="Where the private key goes.")]) -> None:
    """Make an Ed25519 signing key that only you can read; never over a file that is there."""
    new_key(file)
    out.print(f"wrote {file}; keep it off the evidence, and set READINESS_KEY={file}", soft_wrap=True)


@app.command()
def public(file: Annotated[Path, typer.Argument(help="A private key.")]) -> None:
    """Print the public half of a key, for `readiness key allow`."""
    print(public_half(file))  # noqa: T201 (the key is what was asked for)


@app.command()
def allow(
    file: Annotated[Path, typer.Argument(help="A public key, as `readiness key public` prints it.")],
    identity: Annotated[str, typer.Option("--as", help="Whose it is.")],
) -> None:
    """List a person's key among the allowed signers: their word counts from this hour on."""
    from flows.people import allow as allow_person

    allow_person(Settings(), file, identity, since=now())
    out.print(f"{identity} is an allowed signer; hand the trust folder to your auditors again", soft_wrap=True)


@app.command()
def rotate(
    file: Annotated[Path, typer.Argument(help="The new private key, or the public one of an agent's.")],
    *,
    log: Annotated[bool, typer.Option("--log", help="The key that signs the log, and no other.")] = False,
) -> None:
    """Let another key sign from now on. Both sign the record of it, and old evidence stays good.

    With --log a log that the collector's key signs gets a key of its own.
    """
    from flows.people import rotate_log_to, rotate_to

    path = (rotate_log_to if log else rotate_to)(Settings(), file, at=now())
    setting = "READINESS_LOG_KEY" if log else "READINESS_KEY"
    out.print(f"logged as {path}; set {setting}={file} before the next run", soft_wrap=True)
    if log or Settings().log_key is None:
        out.print("hand trust/log.vkey to your witness again: it cosigns only what a key that it knows has signed")


@app.command()
def revoke(
    file: Annotated[Path, typer.Argument(help="The public key, as `readiness key public` prints it.")],
    good_until: Annotated[str, typer.Option(help="Until when it counts, such as 2026-11-22T14:00Z.")],
    reason: Annotated[str, typer.Option(help="Why, in words an auditor understands.")],
) -> None:
    """Take a key back: what it signed for later than an instant counts no more. The collector signs the record."""
    from flows.people import revoke_key

    with refused_in_words():
        path = revoke_key(Settings(), file, good_until=parse_instant(good_until), reason=reason, at=now())
    out.print(f"logged as {path}; hand the trust folder to your auditors again", soft_wrap=True)
