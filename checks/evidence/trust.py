"""Trust: which keys may sign what, and when; the `allowed_signers` file of ssh-keygen(1)."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate

from checks.errors import VerificationError
from checks.evidence.notes import NoteKey
from checks.evidence.sshsig import NAMESPACE, fingerprint, key_blob, read_key_blob

_STAMP = "%Y%m%d%H%M%SZ"
_LINE = re.compile(
    r'(?P<identity>[A-Za-z0-9][A-Za-z0-9@._+-]*) namespaces="(?P<namespaces>[^"\s]+)",'
    r'valid-after="(?P<after>\d{14}Z)"(,valid-before="(?P<before>\d{14}Z)")? ssh-ed25519 (?P<key>[A-Za-z0-9+/=]+)( .*)?'
)


class Role(StrEnum):
    """What a key may sign: its namespace in `allowed_signers`, which ssh-keygen(1) enforces too."""

    BUNDLES = NAMESPACE
    CHECKPOINTS = f"{NAMESPACE}-log"
    PEOPLE = f"{NAMESPACE}-people"

    @property
    def words(self) -> str:
        """The role as a sentence names it."""
        return {Role.BUNDLES: "to seal bundles", Role.CHECKPOINTS: "to sign the log", Role.PEOPLE: "of a person"}[self]


@dataclass(frozen=True, slots=True)
class AllowedSigner:
    """One key that may sign, in its roles, for evidence of slots that end in [valid_after, valid_before]."""

    identity: str
    key: Ed25519PublicKey
    valid_after: datetime
    valid_before: datetime | None = None
    roles: frozenset[Role] = frozenset({Role.BUNDLES})

    def vouches_for(self, instant: datetime) -> bool:
        """Whether its signature counts for evidence of an instant."""
        return self.valid_after <= instant and (self.valid_before is None or instant <= self.valid_before)

    def line(self) -> str:
        """Its line in `allowed_signers`, which OpenSSH 9.1 and later reads."""
        namespaces = ",".join(role for role in Role if role in self.roles)
        options = f'namespaces="{namespaces}",valid-after="{self.valid_after.astimezone(UTC):{_STAMP}}"'
        if self.valid_before is not None:
            options += f',valid-before="{self.valid_before.astimezone(UTC):{_STAMP}}"'
        return f"{self.identity} {options} ssh-ed25519 {base64.b64encode(key_blob(self.key)).decode()}\n"


@dataclass(frozen=True, slots=True)
class KeyEnd:
    """That a key is good in some roles until an instant and no longer, as was put on record at another."""

    key: Ed25519PublicKey
    good_until: datetime
    recorded_at: datetime
    roles: frozenset[Role] = frozenset(Role)


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Whom a verifier believes, and where it says so.

    `beside_evidence`: the folder was found with the evidence itself, so that whoever could rewrite the one could
    rewrite the other; verification then proves consistency and no more. `logs` and `witnesses` are the keys that may
    sign checkpoints, and cosign them; `authorities` the roots of those who may stamp them.
    """

    signers: tuple[AllowedSigner, ...]
    source: str
    beside_evidence: bool
    logs: tuple[NoteKey, ...] = ()
    witnesses: tuple[NoteKey, ...] = ()
    authorities: tuple[Certificate, ...] = ()

    def why_not(self, key: Ed25519PublicKey, instant: datetime, role: Role = Role.BUNDLES) -> str | None:
        """Why a key's signature does not count in a role for evidence of an instant; `None` if it does."""
        if not self.knows(key):
            return f"the key {fingerprint(key)} is not among the allowed signers in {self.source}"
        if (misused := self.misused(key, role)) is not None:
            return misused
        if not any(signer.vouches_for(instant) for signer in self._lines(key) if role in signer.roles):
            return f"{self.source} does not allow the key {fingerprint(key)} at {instant:%Y-%m-%dT%H:%M:%SZ}"
        return None

    def misused(self, key: Ed25519PublicKey, role: Role) -> str | None:
        """That a listed key has signed outside its roles; `None` if it has not, or nobody listed it."""
        lines = self._lines(key)
        if not lines or any(role in line.roles for line in lines):
            return None
        roles = " and ".join(one.words for one in Role if any(one in line.roles for line in lines))
        return f"the key {fingerprint(key)} is {lines[0].identity}'s, whose role is {roles} and not {role.words}"

    def as_known(self, ends: Sequence[KeyEnd], as_of: datetime | None) -> "TrustPolicy":
        """The policy with the ends of keys that are on record; with an instant, as these were known then.

        So a copy of the trust folder from before a key was revoked serves as well as a later one.
        """
        return replace(self, signers=tuple(line for one in self.signers for line in as_known(one, ends, as_of)))

    def knows(self, key: Ed25519PublicKey) -> bool:
        """Whether a key is listed, at whatever time."""
        return bool(self._lines(key))

    def is_over(self, key: Ed25519PublicKey, instant: datetime, role: Role) -> bool:
        """Whether every line that lists a key in a role ends before an instant; a key nobody listed has no end."""
        lines = [line for line in self._lines(key) if role in line.roles]
        return bool(lines) and all(line.valid_before is not None and line.valid_before < instant for line in lines)

    def identity(self, key: Ed25519PublicKey) -> str:
        """Who a listed key is."""
        return self._lines(key)[0].identity

    def _lines(self, key: Ed25519PublicKey) -> list[AllowedSigner]:
        return [signer for signer in self.signers if signer.key == key]


def read_allowed_signers(text: str) -> tuple[AllowedSigner, ...]:
    """Reads `allowed_signers`; lines for other namespaces are passed over, a line nobody understands is refused."""
    signers = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            signer = _signer(line)
        except (ValueError, binascii.Error) as error:
            raise VerificationError(
                f"line {number} is no allowed signer: {error}; one reads"
                f' NAME namespaces="{NAMESPACE}",valid-after="20261122140000Z" ssh-ed25519 KEY'
            ) from error
        if signer is not None:
            signers.append(signer)
    return tuple(signers)


def _apart(signer: AllowedSigner, roles: frozenset[Role]) -> list[AllowedSigner]:
    """A line as two: what it says of some roles, and of the others; as it is if it says nothing of either."""
    parts = (signer.roles - roles, signer.roles & roles)
    return [signer] if not all(parts) else [replace(signer, roles=part) for part in parts]


def as_known(signer: AllowedSigner, ends: Sequence[KeyEnd], as_of: datetime | None) -> list[AllowedSigner]:
    """A line with what is on record of its key; two of them, if that is not the same for all of its roles."""
    own = [one for one in ends if one.key == signer.key]
    lines = [signer]
    for end in own:
        lines = [part for line in lines for part in _apart(line, end.roles)]
    return [_ended(line, [one for one in own if line.roles <= one.roles], as_of) for line in lines]


def _ended(signer: AllowedSigner, own: Sequence[KeyEnd], as_of: datetime | None) -> AllowedSigner:
    """A line with the earliest end that was on record; one that a later record wrote into it does not count yet."""
    later = {_second(one.good_until) for one in own if as_of is not None and one.recorded_at > as_of}
    known = [_second(one.good_until) for one in own if as_of is None or one.recorded_at <= as_of]
    if signer.valid_before is not None and signer.valid_before not in later:
        known.append(signer.valid_before)
    return replace(signer, valid_before=min(known, default=None))


def _second(instant: datetime) -> datetime:
    """An instant as `allowed_signers` holds it."""
    return instant.astimezone(UTC).replace(microsecond=0)


def _signer(line: str) -> AllowedSigner | None:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError("a name, namespaces, valid-after and an Ed25519 key are needed")
    roles = frozenset(role for role in Role if role in match["namespaces"].split(","))
    if not roles:
        return None
    key = read_key_blob(base64.b64decode(match["key"], validate=True))
    before = _instant(match["before"]) if match["before"] else None
    return AllowedSigner(match["identity"], key, _instant(match["after"]), before, roles)


def _instant(stamp: str) -> datetime:
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
