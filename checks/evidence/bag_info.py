"""`bag-info.txt`: what a bag says of itself, in the labels of RFC 8493 and a few of our own."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from checks.errors import CatalogError, VerificationError
from checks.evidence.digests import Digest
from checks.evidence.records import Record
from checks.slots import Slot

StreamName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}\z")]
Line = Annotated[str, StringConstraints(pattern=r"^[!-~]([ -~]{0,198}[!-~])?\z")]

_LABELS = {
    "External-Identifier": "slot",
    "Bag-Group-Identifier": "stream",
    "Bagging-Date": "bagged_on",
    "Payload-Oxum": "oxum",
    "Evidence-Environment": "environment",
    "Evidence-Slot-Status": "status",
    "Evidence-Catalog-Digest": "catalog_digest",
    "Evidence-Suites-Digest": "suites_digest",
    "Evidence-Collector-Version": "collector_version",
    "Evidence-Key": "key",
    "Evidence-Previous": "previous",
    "Evidence-Log-Index": "log_index",
}
_NONE = "none"
_DIGESTS = ("catalog_digest", "suites_digest", "previous")
_OPTIONAL = ("suites_digest", "previous", "log_index")


class SlotStatus(StrEnum):
    """How a slot came by its bundle."""

    COLLECTED = "collected"
    MISSED = "missed"
    LATE = "late"


class KeyKind(StrEnum):
    """Whether the key that signs was chosen by somebody, or made up so that a first run works."""

    CONFIGURED = "configured"
    DEVELOPMENT = "development"


class BagInfo(Record):
    """What a run knows of its bundle when it asks for the seal; digests are plain hexadecimal.

    `suites_digest` is that of what judged. `previous` is the digest of the stream's bundle before this one. The writer
    finds it under its lock; whoever gives it too is refused if another bundle was sealed in between. `log_index` is the
    bundle's place in the evidence log.
    """

    stream: StreamName
    environment: Line
    status: SlotStatus
    catalog_digest: Digest
    suites_digest: Digest | None = None
    collector_version: Line
    previous: Digest | None = None
    log_index: Annotated[int, Field(ge=0)] | None = None


class SealedInfo(BagInfo):
    """All that `bag-info.txt` says; `oxum` is the payload's bytes and files, `1234.5`."""

    slot: str
    bagged_on: date
    oxum: Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\z")]
    key: KeyKind

    @property
    def verified_as_of(self) -> datetime:
        """The instant whose keys vouch for it: the slot's end or, sealed late, the end of the day of sealing."""
        end = Slot.parse_label(self.slot).end
        if self.status is SlotStatus.COLLECTED:
            return end
        return max(end, datetime.combine(self.bagged_on + timedelta(days=1), time(), tzinfo=UTC))

    def text(self) -> bytes:
        """The file: one `Label: value` a line, always in the same order."""
        values = self.model_dump(mode="json")
        for name in _DIGESTS:
            values[name] = f"sha256:{values[name]}" if values[name] else None
        lines = [f"{label}: {_NONE if values[name] is None else values[name]}\n" for label, name in _LABELS.items()]
        return "".join(lines).encode()


def read_bag_info(data: bytes) -> SealedInfo:
    """Reads `bag-info.txt` strictly: what does not come back byte for byte when written again is refused."""
    values: dict[str, str] = {}
    for number, line in enumerate(data.decode("ascii", errors="replace").splitlines(), start=1):
        label, _, value = line.partition(": ")
        if label not in _LABELS:
            raise VerificationError(f"line {number}: {label!r} is no label of an evidence bag")
        if value != _NONE or _LABELS[label] not in _OPTIONAL:
            values[_LABELS[label]] = value.removeprefix("sha256:")
    try:
        info = SealedInfo.model_validate_strings(values)
        Slot.parse_label(info.slot)
    except ValidationError as error:
        first = error.errors()[0]
        raise VerificationError(f"{first['loc'][0]}: {first['msg']}") from error
    except (CatalogError, ValueError) as error:
        raise VerificationError(f"External-Identifier: {error}") from error
    if info.text() != data:
        raise VerificationError("its lines are not the ones a sealed bag has, in their order")
    return info
