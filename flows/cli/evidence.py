"""`readiness evidence` and `readiness waiver`: what people attest, signed with their own keys."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from checks.durations import parse_duration
from checks.errors import CatalogError
from checks.evidence.digests import sha256
from checks.evidence.people import PersonsEvidence, Waiver
from checks.slots import parse_instant
from flows.cli.terminal import out
from flows.clock import now
from flows.settings import Settings

app = typer.Typer(help="Add evidence that a person saw to, and review another's.", no_args_is_help=True)
waivers = typer.Typer(help="Approve exceptions, until their date.", no_args_is_help=True)

Key = Annotated[Path, typer.Option(help="Your own private key; `readiness key allow` lists its public half.")]
By = Annotated[str, typer.Option("--by", help="Your name, as the trust folder lists it.")]
Expires = Annotated[str, typer.Option(help="How long it counts, such as 30d.")]


@app.command()
def add(
    artifact: Annotated[Path, typer.Argument(help="The artefact or log that shows it; a copy is kept.")],
    key: Key,
    by: By,
    use_case: Annotated[str, typer.Option(help="The use case, such as UC-018.")],
    tenant_id: Annotated[str, typer.Option()],
    project_id: Annotated[str, typer.Option()],
    environment: Annotated[str, typer.Option()],
    provider_mode: Annotated[str, typer.Option(help="Whose credentials: byok, managed …")],
    validation_item: Annotated[str, typer.Option(help="What was to be shown.")],
    command: Annotated[str, typer.Option(help="The command or test that was run.")],
    result: Annotated[str, typer.Option()],
    timestamp: Annotated[str, typer.Option(help="When, such as 2026-11-22T14:00Z.")],
    expires: Expires = "90d",
) -> None:
    """Log what you saw or ran, with its artefact. It is a claim until somebody else has reviewed it."""
    from flows.people import attesting

    data, at = artifact.read_bytes(), now()
    fields = {
        "use_case": use_case,
        "tenant_id": tenant_id,
        "project_id": project_id,
        "environment": environment,
        "provider_mode": provider_mode,
        "validation_item": validation_item,
        "command": command,
        "result": result,
        "timestamp": parse_instant(timestamp),
        "artifact": artifact.name,
        "artifact_digest": sha256(data),
        "expires_at": at + parse_duration(expires),
    }
    try:
        evidence = PersonsEvidence.model_validate({"at": at, "by": by, **fields})
    except ValidationError as error:
        raise refused(error) from error
    logged(attesting(Settings(), key, by).add(evidence, data))


@app.command()
def review(
    record: Annotated[Path, typer.Argument(help="The record to review, records/….evidence.json.")],
    key: Key,
    by: By,
    accept: Annotated[bool, typer.Option("--accept/--reject", help="What you find.")],
    remarks: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Log that you looked at another's evidence. Your own you cannot review."""
    from flows.people import attesting

    logged(attesting(Settings(), key, by).review(record, accepted=accept, remarks=remarks, at=now()))


@waivers.command("add")
def add_waiver(
    check: Annotated[str, typer.Argument(help="The check that may fail.")],
    key: Key,
    by: By,
    subject: Annotated[str, typer.Option(help="Whom of it; '*' for all.")],
    reason: Annotated[str, typer.Option()],
    requested_by: Annotated[str, typer.Option(help="Who asked for it; never who approves it.")],
    compensating_control: Annotated[str, typer.Option(help="What makes up for it meanwhile.")],
    expires: Expires = "30d",
) -> None:
    """Approve an exception, until its date."""
    from flows.people import attesting

    at = now()
    fields = {"subject": subject, "check": check, "reason": reason, "requested_by": requested_by}
    fields |= {"compensating_control": compensating_control}
    try:
        waiver = Waiver.model_validate({"at": at, "by": by, **fields, "expires_at": at + parse_duration(expires)})
    except ValidationError as error:
        raise refused(error) from error
    logged(attesting(Settings(), key, by).waive(waiver))


@waivers.callback()
def waiver() -> None:
    """Approve exceptions, until their date."""


def refused(error: ValidationError) -> CatalogError:
    """What is wrong with what somebody wants to put on record, a line each."""
    return CatalogError(*(f"{'.'.join(map(str, one['loc'])) or 'record'}: {one['msg']}" for one in error.errors()))


def logged(path: Path) -> None:
    """Says where a record lies."""
    out.print(f"logged as {path}", soft_wrap=True)
