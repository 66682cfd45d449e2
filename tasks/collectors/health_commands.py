"""Kinds of health check, told from its command: does it ask the process, whom the process needs, or a file's age?"""

import re
from dataclasses import dataclass

_ALWAYS_GOOD = re.compile(r"^(exit 0|true|:|echo\b[^|&;]*)$|(\|\||;)\s*(exit 0|true|:)\s*$")
_FRESHNESS = re.compile(
    r"-mmin\b|-mtime\b|-newer|\bstat\b.*(%y|-c|-f)|\bgetmtime\b|\bst_mtime\b|\bdate\b.*-r\b|\btest\b.*-nt\b|\[.*-nt\b"
)
_PROCESS = re.compile(r"\b(pgrep|pidof|pidstat|supervisorctl)\b|\bkill\s+-(0|s 0)\b|\bps\s+(-|a)|/proc/\d+|/proc/self")
_HTTP = re.compile(
    r"\b(?:curl|wget|http|urlopen|requests\.get|httpx\.get|fetch|urllib)\b.*?https?://([^/\s\"':)]+)[^/\s\"')]*(/[^\s\"')]*)?"
)
_HERE = frozenset({"localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[", "$hostname", "${hostname}"})  # noqa: S104 (what a command asks)
_READY = re.compile(r"ready|readiness|startup|startupz")
_TOOLS = {
    "redis": re.compile(r"\b(redis-cli|valkey-cli)\b|\bredis\b.*\.ping\("),
    "postgres": re.compile(r"\bpg_isready\b|\bpsql\b|\bpsycopg"),
    "mysql": re.compile(r"\bmysqladmin\b|\bmariadb-admin\b|\bmysql\b|\bhealthcheck\.sh\b|\bpymysql\b"),
    "mongo": re.compile(r"\bmongosh?\b|\bpymongo\b"),
    "rabbitmq": re.compile(r"\brabbitmq-diagnostics\b|\brabbitmqctl\b"),
    "kafka": re.compile(r"\bkafka-[a-z-]+(\.sh)?\b"),
}
_SAME = {"redis": ("redis", "valkey"), "postgres": ("postgres", "timescale", "pgvector"), "mysql": ("mysql", "mariadb")}
_REMOTE = re.compile(r"(?:-h|--host(?:name)?[= ]|-u\s+\w+://)\s*([a-z0-9_.-]+)")
_PORTS = re.compile(
    r"\bnc\s+(?:-\w+\s+)*([a-z0-9_.-]+)\s+\d+|/dev/tcp/([a-z0-9_.-]+)/\d+|\bping\s+(?:-\w+\s+\d*\s*)*([a-z0-9_.-]+)"
)


@dataclass(frozen=True, slots=True)
class HealthKindFound:
    """The kind of a health check, and what shows it."""

    kind: str
    because: str


def classified(command: str | None, image: str) -> HealthKindFound:
    """What kind of health a command shows; one that nothing here knows is `unknown`, never a guess."""
    if command is None:
        return HealthKindFound("none", "it has no health check")
    text = " ".join(command.lower().split())
    if _ALWAYS_GOOD.search(text):
        return HealthKindFound("always good", "its command succeeds whatever is wrong")
    if _FRESHNESS.search(text):
        return HealthKindFound("freshness", "it looks at the age of a file")
    for tool, pattern in _TOOLS.items():
        if pattern.search(text):
            return _of_tool(tool, text, image.lower())
    if asked := _HTTP.search(text):
        return _of_address(asked[1], asked[2] or "/")
    if _PROCESS.search(text):
        return HealthKindFound("liveness", "it looks for the process")
    if asked := _PORTS.search(text):
        host = next(filter(None, asked.groups()))
        if host in _HERE:
            return HealthKindFound("liveness", "it connects to a port of its own")
        return HealthKindFound("connectivity", f"it connects to {host}")
    return HealthKindFound("unknown", f"nothing tells what its command asks: {text[:200]}")


def _of_tool(tool: str, text: str, image: str) -> HealthKindFound:
    """A server's own tool asks the process only in the server's own container."""
    host = _REMOTE.search(text)
    own = any(name in image for name in _SAME.get(tool, (tool,)))
    if own and (host is None or host[1] in _HERE):
        return HealthKindFound("liveness", f"it asks its own {tool}")
    return HealthKindFound("connectivity", f"it asks {tool}, not the process")


def _of_address(host: str, path: str) -> HealthKindFound:
    if host not in _HERE:
        return HealthKindFound("connectivity", f"it asks {host}")
    if _READY.search(path):
        return HealthKindFound("readiness", f"it asks its own {path}")
    return HealthKindFound("liveness", f"it asks its own {path}")
