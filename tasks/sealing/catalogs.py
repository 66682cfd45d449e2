"""The catalogues that were in force: a copy of each beside the log, which holds only their digests."""

from pathlib import Path

from checks.errors import VerificationError
from checks.evidence.completeness import Owing
from checks.evidence.digests import sha256
from checks.evidence.layout import CATALOG
from checks.evidence.log_records import CatalogChange
from checks.slots import Cadence
from tasks.sealing.durability import replace_file
from tasks.sealing.found import Found

CATALOGS = "catalogs"


def keep_catalog(root: Path, data: bytes) -> None:
    """Keeps a catalogue that is about to come into force, for whoever asks later what was owed then."""
    path = _path(root, sha256(data))
    if not path.exists():
        replace_file(path, data)


def kept_catalog(root: Path, digest: str) -> bytes | None:
    """The catalogue of a digest, if its copy is there and is that catalogue."""
    return _if_it_is(_path(root, digest), digest)


def owing(found: Found) -> tuple[list[str], list[Owing]]:
    """What was owed since when, by the changes in an evidence tree's log; and of which change nobody can say.

    Where nobody can say, every cadence that has a stream is owed.
    """
    unknown, owed = [], []
    for index, signed in sorted(found.records.items()):
        change = signed.record
        if not isinstance(change, CatalogChange):
            continue
        try:
            owed.append(Owing.by(_catalog(found, change.after), change.at))
        except VerificationError as error:
            unknown.append(f"the catalogue sha256:{change.after[:16]}, in force since leaf {index}: {error}")
            streams = {Cadence(info.slot.rpartition(".")[2]): info.stream for info in found.infos.values()}
            owed.append(Owing(change.at, streams))
    return unknown, owed


def _catalog(found: Found, digest: str) -> bytes:
    """A catalogue from its copy, or out of a bundle that it judged."""
    inside = (folder / "bag" / CATALOG for folder, info in found.bundles.items() if info.catalog_digest == digest)
    for path in (_path(found.root, digest), *inside):
        if (data := _if_it_is(path, digest)) is not None:
            return data
    raise VerificationError("no copy of it is there, so nobody can say what it owed")


def _path(root: Path, digest: str) -> Path:
    return root / CATALOGS / f"{digest}.yaml"


def _if_it_is(path: Path, digest: str) -> bytes | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if sha256(data) == digest else None
