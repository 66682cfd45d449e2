"""The tamper matrix of what needs a clock, a key's time or the captures: done by somebody who seals, and not after."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.evidence.digests import sha256
from checks.evidence.log_records import CatalogChange, KeyRevocation
from checks.evidence.sshsig import key_text
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from tasks.sealing.bundle import EvidenceBundle
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.catalogs import keep_catalog
from tasks.sealing.keys import open_signer
from tasks.sealing.records import RecordWriter
from tasks.sealing.rotation import revoke, rotate, rotate_log
from tasks.sealing.signers import Signer
from tasks.sealing.trust import ALLOWED_SIGNERS, allow_key
from tests.checks.evidence.examples import CATALOG
from tests.tasks.sealing.sealed import INFO, START, SUITES, files, hour, signer

AT = hour(1).at + timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class TimeAttack:
    """What is sealed in a folder of keys and evidence, two hours of which are sound; `caught_by` are those who notice.

    `tamper` returns the bundle that is not what it seems. `steps` are ours that fail. The program itself is `sealing`:
    whether it refuses, if nobody puts the trust folder aside.
    """

    name: str
    tamper: Callable[[Path], EvidenceBundle]
    caught_by: frozenset[str]
    steps: frozenset[int]


def seal(folder: Path, slot: Slot, by: Signer, *outcomes: Outcome, at: datetime | None = None, **log: Signer):
    writer = BundleWriter(folder / "evidence", by, lambda: at or slot.at + timedelta(minutes=7), **log)
    return writer.seal(writer.stage(slot, files(slot, *outcomes)), slot, INFO)


@contextmanager
def unnoticed(folder: Path, was: str):
    """With the allowed signers that there were; afterwards they are what they ought to be."""
    listed = folder / "evidence" / "trust" / ALLOWED_SIGNERS
    today = listed.read_text()
    listed.write_text(was)
    yield
    listed.write_text(today)


def _listed(folder: Path) -> str:
    return (folder / "evidence" / "trust" / ALLOWED_SIGNERS).read_text()


def revoked(folder: Path) -> Signer:
    """A key that was revoked, as of the end of the first hour."""
    root, old, new = folder / "evidence", signer(folder), signer(folder, "next")
    rotate(root, old, new, at=AT)
    told = {"key": key_text(old.public_key), "good_until": hour(0).end, "reason": "a laptop was lost"}
    revoke(RecordWriter(root, new), KeyRevocation(at=AT, by=new.identity, **told), by=new)
    return old


def seal_with_a_revoked_key(folder: Path) -> EvidenceBundle:
    was = _listed(folder)
    old = revoked(folder)
    with unnoticed(folder, was):
        return seal(folder, hour(2), old)


def sign_the_log_with_a_key_that_was_rotated(folder: Path) -> EvidenceBundle:
    was, by = _listed(folder), signer(folder)
    rotate_log(folder / "evidence", by, signer(folder, "log"), at=AT)
    with unnoticed(folder, was):
        return seal(folder, hour(2), by)


def person(folder: Path) -> Signer:
    """Somebody who is listed as a person."""
    somebody = signer(folder, "person")
    allow_key(folder / "evidence" / "trust", key_text(somebody.public_key), identity="person", since=START)
    return somebody


def seal_with_a_key_of_another_role(folder: Path) -> EvidenceBundle:
    was = _listed(folder)
    somebody = person(folder)
    with unnoticed(folder, was):
        return seal(folder, hour(2), somebody, log=signer(folder))


def judge_by_another_catalogue(folder: Path) -> EvidenceBundle:
    stricter = CATALOG + b"# stricter\n"
    keep_catalog(folder / "evidence", stricter)
    told = {"before": None, "suites_before": None, "after": sha256(stricter), "suites_after": SUITES}
    change = CatalogChange(at=hour(2).at, by="collector", **told)
    RecordWriter(folder / "evidence", signer(folder)).append(change)
    return seal(folder, hour(2), signer(folder))


def set_the_clock_back(folder: Path) -> EvidenceBundle:
    """The day before, and so before the slot had begun."""
    return seal(folder, hour(2), signer(folder), at=START - timedelta(days=1))


def set_the_clock_forward(folder: Path) -> EvidenceBundle:
    """Evidence of tomorrow; whoever judges it has it stamped today."""
    seal(folder, hour(2), signer(folder))
    tomorrow = Slot.current(Cadence.HOURLY, datetime.now(UTC) + timedelta(days=1))
    return seal(folder, tomorrow, signer(folder))


def seal_what_the_captures_do_not_give(folder: Path) -> EvidenceBundle:
    return seal(folder, hour(2), signer(folder), Outcome.PASS, Outcome.PASS)


def use_a_key_that_others_can_read(folder: Path) -> EvidenceBundle:
    bundle = seal(folder, hour(2), signer(folder))
    (folder / "keys" / "collector_ed25519").chmod(0o644)
    return bundle


ATTEMPTS: dict[str, Callable[[Path], object]] = {
    "seal_with_a_revoked_key": lambda folder: seal(folder, hour(2), revoked(folder)),
    "sign_the_log_with_a_key_that_was_rotated": lambda folder: (
        rotate_log(folder / "evidence", signer(folder), signer(folder, "log"), at=AT),
        seal(folder, hour(2), signer(folder)),
    ),
    "seal_with_a_key_of_another_role": lambda folder: seal(folder, hour(2), person(folder)),
    "use_a_key_that_others_can_read": lambda folder: (
        use_a_key_that_others_can_read(folder),
        open_signer(folder / "keys" / "collector_ed25519", evidence=folder / "evidence", identity="collector"),
    ),
}
"""The same by somebody who does not put the trust folder aside first, where that is another thing to do."""


def attack(tamper: Callable[[Path], EvidenceBundle], caught_by: str, *steps: int) -> TimeAttack:
    return TimeAttack(tamper.__name__, tamper, frozenset(caught_by.split()), frozenset(steps))


TIME_MATRIX = (
    attack(seal_with_a_revoked_key, "sealing lines script verify", 4, 5, 8),
    attack(sign_the_log_with_a_key_that_was_rotated, "sealing verify", 8),
    attack(seal_with_a_key_of_another_role, "sealing lines script verify", 4, 5),
    attack(judge_by_another_catalogue, "verify", 11),
    attack(set_the_clock_back, "audit"),
    attack(set_the_clock_forward, "script verify", 10),
    attack(seal_what_the_captures_do_not_give, "rederive", 12),
    attack(use_a_key_that_others_can_read, "sealing"),
)
