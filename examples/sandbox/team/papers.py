"""The papers of five teams: short, reviewed, and each with the sections that its readers look for."""

from datetime import datetime, timedelta

_DAY = ("What it is for", "Who keeps it")

_PAPERS: dict[str, tuple[str, ...]] = {
    # A team that sells its product to its first customers.
    "launch/sellability-contract.md": ("Promises", "Exclusions"),
    "launch/slos-and-gates.md": ("Objectives", "Gates"),
    "launch/observability-and-incidents.md": ("Signals", "Incidents"),
    "launch/security-and-data.md": ("Access", "Data"),
    "launch/billing-traceability.md": ("Usage", "Invoices"),
    "launch/onboarding-and-support.md": ("Onboarding", "Operators", "Support"),
    "launch/reconciliation-policy.md": ("Schedule", "Retries"),
    "launch/runbook-live-call.md": ("Detect", "Act", "Exercised"),
    "launch/runbook-reconnect.md": ("Detect", "Act", "Exercised"),
    "launch/runbook-capture.md": ("Join", "Media", "Reconnect"),
    "launch/latest-bundle.md": ("Bundle",),
    # A team that promises service levels and rehearses what happens when they break.
    "operations/index.md": ("Contents",),
    "operations/deploy.md": ("When", "Steps"),
    "operations/rollback.md": ("When", "Steps"),
    "operations/oncall.md": ("When", "Steps"),
    "operations/restore.md": ("When", "Steps"),
    # A trading desk that holds each of its services to the same criteria.
    "desk/release-manifest.md": ("Images",),
    "desk/bus-durability.md": ("Persistence", "Retention"),
    "desk/runbooks.md": ("Start", "Stop", "Recover", "Rotate keys", "Fire drill"),
    "desk/gate-contract.md": ("Inputs", "Blocking"),
    "desk/sources-of-truth.md": ("Outputs", "Retention"),
    "desk/kill-switch.md": ("Review checklist",),
    # A team that scores itself.
    "score/release-process.md": ("Versions", "Promotion"),
    "score/threat-model.md": ("Assets", "Actors", "Controls"),
    "score/config-profiles.md": ("Staging", "Production"),
    "score/slo-sli.md": ("Objectives",),
    "score/incident-response.md": ("Severity", "Escalation"),
    "score/rollout-checklist.md": ("Before", "After"),
    "score/deployment.md": ("Install", "Upgrade"),
    "score/operator-guide.md": ("Inputs", "Outputs"),
    "score/api-reference.md": ("Models", "Commands"),
    "score/changelog.md": ("Unreleased",),
    "score/tracing-conventions.md": ("Names",),
    "score/alerting-guide.md": ("Routes",),
    # A team with thirty-two use cases.
    "cases/reality-audit.md": ("Re-validated", "Findings"),
    "cases/wave-1.md": ("Policies", "Logs"),
    "cases/wave-2.md": ("Analytics", "Incidents", "Activity"),
    "cases/wave-3.md": ("Controls", "Account"),
    "cases/wave-4.md": ("Spine", "Integrations", "Keys", "Overview", "Agents", "Operations", "APIs"),
}

_LINKED = {"operations/index.md": ("deploy.md", "rollback.md", "oncall.md", "restore.md")}


def papers(now: datetime) -> dict[str, str]:
    """Every paper by its path, reviewed three weeks ago."""
    front = f"---\nreviewed: {now - timedelta(days=21):%Y-%m-%d} by Desk Ops\n---\n"
    return {f"docs/{path}": front + _text(path, sections) for path, sections in _PAPERS.items()}


def _text(path: str, sections: tuple[str, ...]) -> str:
    title = path.rpartition("/")[2].removesuffix(".md").replace("-", " ").capitalize()
    parts = "".join(f"\n## {name}\n\nWhat the team has agreed on.\n" for name in (*sections, *_DAY))
    links = "".join(f"- [{page.removesuffix('.md')}]({page})\n" for page in _LINKED.get(path, ()))
    return f"# {title}\n{parts}{links and chr(10)}{links}"
