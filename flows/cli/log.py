"""`readiness log`: the evidence log, its audit, and those who vouch for it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from checks.durations import parse_duration
from checks.errors import CatalogError, SealError, VerificationError
from checks.evidence.auditing import Demands
from checks.evidence.holds import Hold
from checks.slots import parse_instant
from flows.cli.evidence import By, Key, logged, refused
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
    *,
    approved: Annotated[
        bool, typer.Option("--approved", help="Demand that each change of the catalogue was approved beforehand.")
    ] = False,
    max_lag: Annotated[
        str | None, typer.Option(help="Demand that a witness or an authority vouched within a time, such as 24h.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """Prove the log append-only and complete. Exit code 0 means nothing is missing, 3 that something is."""
    from flows.auditing import audited

    demands = Demands(approved, parse_duration(max_lag) if max_lag else None)
    at = parse_instant(as_of) if as_of else now()
    found = audited(evidence or Settings().evidence, trust, as_of=at, demands=demands)
    if output is Format.JSON:
        print_json({"clean": found.clean, "problems": found.problems, **asdict(found)})
    else:
        print("\n".join(found.lines()))  # noqa: T201 (for reading)
    if not found.clean:
        raise VerificationError("the log does not audit clean")


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


@app.command()
def retain(
    *,
    delete: Annotated[bool, typer.Option("--delete", help="Delete; without it, only say what would be.")] = False,
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """List what the catalogue's retention no longer keeps, or delete it. Every deletion leaves a tombstone in the log.

    Legal holds and waivers keep what they are about, whatever its time.
    """
    from flows.retaining import Retaining

    retaining = Retaining.of(Settings.of(catalog))
    if not retaining.policy.keep:
        raise CatalogError(f"{retaining.settings.catalog}: it has no `retention: {{keep: …}}`, so everything is kept")
    due = retaining.due()
    buried = [*retaining.delete(due), *retaining.move_out()] if delete else []
    if output is Format.JSON:
        kept_by = [{"bundle": one.path.name, "policy": one.words, "kept_by": one.kept_by} for one in due]
        print_json({"due": kept_by, "records": [str(path) for path in buried]})
        return
    for one in due:
        what = f"stays: {'; '.join(one.kept_by)}" if one.kept_by else "deleted" if delete else "would be deleted"
        out.print(f"{one.path.name} ({one.words}) {what}", soft_wrap=True, markup=False, highlight=False)
    free = sum(not one.kept_by for one in due)
    out.print(f"{free} of {len(due)} bundles whose time is over {'deleted' if delete else 'would be deleted'}")


@app.command()
def archive(
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
) -> None:
    """Copy bundles, log and keys to the bucket $READINESS_ARCHIVE names, locked for as long as the retention says."""
    from flows.retaining import Retaining

    done = Retaining.of(Settings.of(catalog)).copy()
    if done is None:
        raise SealError("no archive to copy to: set READINESS_ARCHIVE to s3://bucket/folder")
    log = "" if done.leaves is None else f"; the log's {done.leaves} leaves, its records and keys are there too"
    out.print(f"{done.copied} bundles copied and read back, {done.waiting} wait{log}", highlight=False, soft_wrap=True)
    if done.problem:
        raise SealError(f"{done.problem}; what waits is still here, and is copied by the next run")


@app.command()
def hold(
    since: Annotated[str, typer.Argument(help="The first instant whose slots stay, such as 2026-11-22T14:00Z.")],
    until: Annotated[str, typer.Argument(help="The first instant whose slots do not.")],
    key: Key,
    by: By,
    reason: Annotated[str, typer.Option(help="Why, such as the case.")],
    expires: Annotated[str | None, typer.Option(help="How long, such as 52w; by default until released.")] = None,
) -> None:
    """Keep all evidence of a span of time, whatever the retention says, until this ends or is released."""
    from flows.people import attesting

    at = now()
    ends = at + parse_duration(expires) if expires else None
    span = {"since": parse_instant(since), "until": parse_instant(until), "expires_at": ends}
    try:
        asked = Hold.model_validate({"at": at, "by": by, "reason": reason, **span})
    except ValidationError as error:
        raise refused(error) from error
    logged(attesting(Settings(), key, by).hold(asked))


@app.command()
def release(
    record: Annotated[Path, typer.Argument(help="The record of the hold, records/….hold.json.")],
    key: Key,
    by: By,
    reason: Annotated[str, typer.Option(help="Why it is over.")],
) -> None:
    """End a hold: the retention decides again."""
    from flows.people import attesting

    logged(attesting(Settings(), key, by).release(record, reason=reason, at=now()))
