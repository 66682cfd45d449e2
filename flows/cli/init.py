"""`readiness init`: a commented catalogue to start from, and a signing key."""

from pathlib import Path
from typing import Annotated

import typer

from checks.errors import CatalogError
from flows.cli.terminal import out

STARTER = """\
# What is owed, how often, and what it must show. Check it with `readiness catalog check`, run it with
# `readiness run hourly`. An editor that knows JSON Schema completes it: `readiness catalog schema > schema.json`.
system: my-system
environment: staging

# Where evidence is found. Addresses that hold a secret are references, filled from the environment: "${API_URL}".
sources:
  api: {http: "http://127.0.0.1:8000", timeout: 5s}
  files: {folder: .}

# Whose it is. Every check is about a service, and every service is somebody's.
services:
  my-service: {owner: On-call, target: L1}

# A check asks on a cadence (hourly, daily, weekly). Until its evidence is there it says so, and never passes.
checks:
  my-service-live:
    kind: health
    service: my-service
    every: hourly
    severity: critical
    endpoints: [api:/health]
    proves: liveness
    expect: {http: [200], within: 1s}

  nightly-report-fresh:
    kind: freshness
    service: my-service
    every: hourly
    document: files:reports/latest.json
    expect: {max_age: 24h}

# Who is told when an outcome changes. Addresses are secrets, so each is a reference as a whole. Without this part
# nobody is told; try it out with `readiness notify test`.
# notify:
#   sinks:
#     team-chat: {apprise: "${TEAM_CHAT_URL}"}            # any service of Apprise: slack://…, mailtos://…, json://…
#     alerts: {alertmanager: "${ALERTMANAGER_URL}"}
#   default: {sinks: [team-chat]}                         # whoever has no route of their own
#   routes:
#     On-call: {sinks: [alerts], quiet: {since: "22:00", until: "07:00", zone: Europe/Berlin}}
#   heartbeat: {hourly: "${HEARTBEAT_URL}"}               # a dead man's switch, which tells you when runs stay away
"""


def init(folder: Annotated[Path, typer.Argument(help="Where to write it.")] = Path()) -> None:
    """Write a commented starter catalogue that runs."""
    catalog = folder / "readiness.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with catalog.open("x", encoding="utf-8") as file:
            file.write(STARTER)
    except FileExistsError:
        raise CatalogError(f"{catalog} is there already and stays as it is; name another folder") from None
    out.print(f"wrote {catalog}; next: readiness run hourly --catalog {catalog}", soft_wrap=True)
