"""The team's documents: runbooks and objectives, each leading to the other."""

from datetime import datetime, timedelta

_OBJECTIVES = (("Uptime", "99.9 %"), ("Latency, 95th percentile", "1 s"), ("Error ratio", "1 %"))
_STEPS = {
    "Startup": "Start the database first, then the service, and wait until /startupz passes.",
    "Shutdown": "Send SIGTERM and wait: requests in flight are answered first.",
    "Recovery": "Restore the newest backup into an empty database, and compare it with the event log.",
    "Troubleshooting": "Ask /health/ready which dependency fails; each has its own reason.",
    "Escalation": "Call the owner of the objective that is missed.",
}


def documents(now: datetime) -> dict[str, str]:
    """Every document by its path, reviewed ten days ago."""
    front = f"---\nreviewed: {now - timedelta(days=10):%Y-%m-%d} by Database Ops\n---\n"
    sections = "".join(f"\n## {name}\n\n{text}\n" for name, text in _STEPS.items())
    rows = "".join(f"| {name} | {target} |\n" for name, target in _OBJECTIVES)
    table = f"| Objective | Target |\n| --- | --- |\n{rows}"
    return {
        "docs/runbooks.md": f"{front}# Runbooks\n\nWhat counts are the [objectives](slo.md#objectives).\n{sections}",
        "docs/slo.md": f"{front}# Service levels\n\n## Objectives\n\n{table}\n[Recovery](runbooks.md#recovery).\n",
    }
