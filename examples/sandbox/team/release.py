"""What the team publishes of its newest release: notes, changelog, tags, digests, signatures; and who listens."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checks.evidence.sshsig import armor, signed_bytes
from examples.sandbox.releases import NEWEST, RELEASES

_KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"everybody may know this key of the sandbox").digest())
"""It signs for every sandbox alike, since catalogues name its public half."""

_LISTENING = """\
Netid State  Recv-Q Send-Q  Local Address:Port  Peer Address:Port Process
udp   UNCONN 0      0       127.0.0.1%lo:53          0.0.0.0:*    users:(("resolver",pid=101,fd=12))
tcp   LISTEN 0      4096         0.0.0.0:443         0.0.0.0:*    users:(("gateway",pid=204,fd=5))
tcp   LISTEN 0      511        127.0.0.1:6379        0.0.0.0:*    users:(("redis-server",pid=230,fd=6))
tcp   LISTEN 0      244        127.0.0.1:5432        0.0.0.0:*    users:(("postgres",pid=241,fd=7))
tcp   LISTEN 0      2048           [::1]:8080           [::]:*    users:(("ledger-service",pid=260,fd=9))
"""


def release(now: datetime, files: Mapping[str, str]) -> dict[str, str]:
    """Every file of the release by its path; of `files` the bill of materials is signed too."""
    day = f"{now - timedelta(days=3):%Y-%m-%d}"
    changes = f"## {NEWEST.removeprefix('v')}, {day}\n\n- Two fixes.\n"
    notes = f"# {NEWEST}\n\nReleased {day}. Two fixes in the ledger's hourly run.\n"
    bill = "ci/bom.cdx.json"
    return {
        "release/notes.md": notes,
        "release/notes.md.sig": _ssh(notes),
        f"{bill}.sig": base64.b64encode(_KEY.sign(files[bill].encode())).decode() + "\n",
        "release/CHANGELOG.md": f"# Changelog\n\n## Unreleased\n\n{changes}",
        "release/tags.txt": "".join(f"{commit} refs/tags/{version}\n" for version, commit in RELEASES.items()),
        "release/manifest.json": json.dumps({"version": NEWEST, "commit": RELEASES[NEWEST]}, indent=1) + "\n",
        "release/SHA256SUMS": f"{hashlib.sha256(notes.encode()).hexdigest()}  notes.md\n",
        "host/listening.txt": _LISTENING,
    }


def _ssh(text: str) -> str:
    """As `ssh-keygen -Y sign -n file` signs it."""
    message = signed_bytes(text.encode(), "file")
    return armor(_KEY.public_key(), _KEY.sign(message), "file").decode()
