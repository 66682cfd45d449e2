"""`readiness log`: the evidence log, its audit, and those who vouch for it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from checks.errors import SealError, VerificationError
from checks.slots import parse_instant
from flows.cli.terminal import Format, out, print_json
from flows.clock import now
from flows.settings import Settings

app = typer.Typer(help="Audit the evidence log, and have others vouch for it.", no_args_is_help=True)


@app.command()
def audit(
    evidence: Annotated[Path | None, typer.Argument(help="The evidence folder; by default this home's.")] = None,
    trust: Annotated[
        Path | None, typer.Option(help="The folder with the keys you trust; by default the one beside the evidence.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="The instant until which slots were owed; by default now.")] = None,
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """Prove the log append-only and complete. Exit code 0 means nothing is missing, 3 that something is."""
    from flows.auditing import audited

    found = audited(evidence or Settings().evidence, trust, as_of=parse_instant(as_of) if as_of else now())
    if output is Format.JSON:
        print_json({"clean": found.clean, **asdict(found)})
    else:
        for problem in found.problems:
            out.print(problem, soft_wrap=True, markup=False)
        counts = f"{found.bundles} bundles, {found.records} records, {found.tombstones} tombstones"
        out.print(f"{found.leaves} leaves: {counts}; {found.slots} slots filled")
    if not found.clean:
        raise VerificationError(f"the log does not audit clean: {len(found.problems)} problems")


@app.command()
def anchor() -> None:
    """Have the newest checkpoint cosigned by $READINESS_WITNESS and stamped by $READINESS_TIMESTAMPS."""
    from flows.anchoring import anchor_log

    anchored = anchor_log(Settings())
    if anchored is None:
        raise SealError("nobody to ask: set READINESS_WITNESS or READINESS_TIMESTAMPS to an address")
    for problem in anchored.problems:
        out.print(f"unanchored: {problem}", soft_wrap=True)
    out.print(f"{anchored.size} leaves, proofs of {anchored.bundles} bundles renewed")
    if anchored.problems:
        raise SealError(f"{len(anchored.problems)} anchors did not vouch; the bundles wait, and are asked for again")


@app.command()
def request(
    size: Annotated[int, typer.Option(help="The size that the witness cosigned last.")] = 0,
) -> None:
    """Print a request to a witness who is reached by files; it goes to `readiness witness cosign`."""
    from tasks.sealing.anchoring import request_of

    print(request_of(Settings().evidence, size).data.decode(), end="")  # noqa: T201 (the request is what was asked for)


@app.command()
def accept(cosignature: Annotated[Path, typer.Argument(help="What the witness printed.")]) -> None:
    """Add a witness's cosignature, from a file, to the log and to the bundles that wait for it."""
    from tasks.sealing.anchoring import accept_cosignature

    anchored = accept_cosignature(Settings().evidence, cosignature.read_bytes())
    out.print(f"{anchored.size} leaves, proofs of {anchored.bundles} bundles renewed")


@app.command()
def bury(
    bundle: Annotated[Path, typer.Argument(help="The bundle to delete.")],
    policy: Annotated[str, typer.Option(help="Under which policy, in words an auditor understands.")],
) -> None:
    """Delete a bundle and leave a signed tombstone. Its leaf stays, and every other proof holds."""
    from flows.people import bury_bundle

    out.print(f"logged as {bury_bundle(Settings(), bundle.resolve(), policy=policy, at=now())}", soft_wrap=True)
