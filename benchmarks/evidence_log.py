"""What the evidence log costs: appending, rebuilding, proving, and verifying a year of hourly bundles.

Usage: python -m benchmarks.evidence_log [--quick] [--bundles N] [--megabytes N] [--folder DIR] [--json]. By default a
year of 8,760 bundles and 10 GB of payload, which takes a quarter of an hour; `--quick` takes 300 and 200 MB. All of it
is generated in a temporary folder (within DIR) and removed, whatever happens; a disk that is too small is refused.
"""

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import bagit

from checks.evidence.bag_info import BagInfo, KeyKind, SlotStatus
from checks.evidence.digests import sha256
from checks.evidence.layout import Origin, bundle_files
from checks.evidence.merkle import leaf_hashes, root_hash
from checks.evidence.statement import SIGSTORE_FILE
from checks.evidence.tiles import all_tiles, subtree_from
from checks.evidence.tlog_proof import PROOF_FILE
from checks.slots import Cadence, Slot
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.evidence_log import EvidenceLog
from tasks.sealing.keys import new_key, read_key
from tasks.sealing.log_files import LogFiles
from tasks.sealing.reading import read_bundle
from tasks.sealing.signers import FileSigner
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_evidence

LEAVES = 87_600
MANY = LEAVES // 256 * 256 - 512
"""As many leaves as leave room to append without filling a tile of tiles."""
START = datetime(2026, 1, 1, tzinfo=UTC)
BUNDLE_BYTES = 160_000
"""What a bundle takes on a disk of 4 KB blocks: some 25 files, and its folders."""
LOG_BYTES = 200_000_000
CATALOG = b"checks: {a: {every: hourly}}\n"
STREAM = "bench/test/hourly"


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall clock."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def signer(folder: Path) -> FileSigner:
    if not (folder / "key").exists():
        new_key(folder / "key")
    return FileSigner(read_key(folder / "key", outside=folder / "evidence"), "bench", KeyKind.CONFIGURED)


def rebuild(entries: list[bytes]) -> float:
    """A log's tiles and root made anew from its entries."""

    def work() -> None:
        tiles = all_tiles(entries, leaf_hashes(entries))
        subtree_from(tiles.__getitem__, len(entries))(0, len(entries))

    return min(timed(work) for _ in range(5))


def appending(folder: Path, entries: list[bytes], size: int) -> float:
    """The median of 256 appends, checkpoint included, to a log of a size."""
    log = EvidenceLog(folder / f"at-{size}", signer(folder))
    for tile, data in all_tiles(entries[:size], leaf_hashes(entries[:size])).items():
        path = log.files.folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    seconds = []
    for number in range(256):
        if number == 0 and size:
            write_checkpoint(log, entries[:size])
        entry = b"%064d  x\n" % number
        seconds.append(timed(partial(appended, log, entry)))
    return statistics.median(seconds)


def appended(log: EvidenceLog, entry: bytes) -> None:
    log.commit(log.prepare(entry).tiles)


def write_checkpoint(log: EvidenceLog, entries: list[bytes]) -> None:
    """Signs a log that was written by hand."""
    from checks.evidence.checkpoint import Checkpoint

    root = root_hash(leaf_hashes(entries))
    note = log._signed(Checkpoint("bench/log", len(entries), root))
    (log.files.folder / "checkpoint").write_bytes(note.data)


def proving(folder: Path, size: int) -> float:
    """The median of proofs for 200 leaves, each read from the disk anew."""
    files = LogFiles(folder / f"at-{size}" / "log")
    note = files.note()
    assert note is not None
    leaves = random.Random(1).sample(range(size), 200)
    return statistics.median(timed(partial(files.proof, leaf, note)) for leaf in leaves)


def seal(folder: Path, bundles: int) -> dict[str, float]:
    """Seals a row of hourly bundles; the medians of the last quarter, and of as many in a young log, taken in turn."""
    old, young = folder / "evidence", folder / "young" / "evidence"
    seconds: dict[Path, list[float]] = {old: [], young: []}
    for number in range(bundles):
        for root in (young, old) if number >= bundles - bundles // 4 else (old,):
            seconds[root].append(sealing(folder, root, number))
    last = len(seconds[young])
    return {
        "seal of a bundle, young log": statistics.median(seconds[young]),
        f"seal of a bundle, after {bundles - last:,}": statistics.median(seconds[old][-last:]),
    }


def sealing(folder: Path, root: Path, number: int) -> float:
    """The seconds that sealing one bundle took, beyond staging."""
    slot = Slot(START + timedelta(hours=number), Cadence.HOURLY)
    writer = BundleWriter(root, signer(folder), lambda: slot.at)
    files = dict(bundle_files(slot, [], [], origin=Origin(STREAM, "test", None), catalog=CATALOG))
    files |= {f"raw/check/{item}.body": os.urandom(2_000) for item in range(6)}
    staging = writer.stage(slot, files)
    info = BagInfo(
        stream=STREAM,
        environment="test",
        status=SlotStatus.COLLECTED,
        catalog_digest=sha256(CATALOG),
        collector_version="0",
    )
    return timed(lambda: writer.seal(staging, slot, info))


def verifying(root: Path, rounds: int) -> dict[str, float]:
    """The same bundles by this program, bagit.py and sha256sum, warm, in turn: the best of some rounds of each."""
    trust = load_trust(root / "trust", beside_evidence=False)
    bags = sorted(root.glob("2*/*/*/*/bag"))
    checked = verify_evidence([root], trust)
    assert all(report.verified and not report.failed for report in checked)
    line = "cd {} && sha256sum --strict --quiet -c manifest-sha256.txt && sha256sum --quiet -c tagmanifest-sha256.txt"
    script = "\n".join(f"({line.format(bag)})" for bag in bags)
    ways: dict[str, Callable[[], object]] = {
        "readiness": lambda: verify_evidence([root], trust),
        "bagit.py": lambda: [bagit.Bag(str(bag)).validate() for bag in bags],
        "sha256sum": lambda: subprocess.run(["bash", "-e"], check=True, input=script.encode()),
    }
    seconds = [{name: timed(way) for name, way in ways.items()} for _ in range(rounds)]
    return {name: min(each[name] for each in seconds) for name in ways}


def proving_files(folder: Path, size: int) -> dict[str, float]:
    """How many bytes the proof files of the last bundle have, and would have in a log of a size; none are anchored."""
    *_, last = sorted((folder / "evidence").glob("2*/*/*/*/proof"))
    files = {path.name: path.stat().st_size for path in last.iterdir()}
    log = LogFiles(folder / f"at-{size}" / "log")
    note = log.note()
    assert note is not None
    there = sum(files.values()) - files[PROOF_FILE] + len(log.proof(size // 2, note).data)
    copy = files[SIGSTORE_FILE]
    return {
        f"proof files of a bundle among {size:,}, bytes": there,
        "of them the statement once more, for Sigstore, bytes": copy,
    }


def hashing(folder: Path, megabytes: int) -> tuple[float, float]:
    """Payload bytes through `sha256sum` and through verification's reader, both warm: seconds of each."""
    data = folder / "large" / "bag" / "data"
    data.mkdir(parents=True)
    piece = os.urandom(1 << 20)
    for number in range(8):
        with (data / f"{number}.body").open("wb") as file:
            for _ in range(megabytes // 8):
                file.write(piece)
    paths = [str(path) for path in data.iterdir()]
    single = partial(subprocess.run, ["sha256sum", *paths], check=True, stdout=subprocess.DEVNULL)
    single()
    found = timed(single), timed(lambda: read_bundle(folder / "large"))
    shutil.rmtree(folder / "large")
    return found


def measure(folder: Path, *, bundles: int, megabytes: int) -> dict[str, float]:
    """Every figure, by name; seconds, but for the ratio."""
    entries = [os.urandom(120).hex().encode() for _ in range(LEAVES)]
    found = {"rebuild of 87,600 leaves": rebuild(entries)}
    found["append to an empty log"] = appending(folder, entries, 0)
    found["append to 87,040 leaves"] = appending(folder, entries, MANY)
    found["proof of any leaf of 87,040"] = proving(folder, MANY)
    found |= seal(folder, bundles)
    rounds = 3 if bundles < 1000 else 1
    found |= {
        f"verify {bundles} bundles by {name}": took for name, took in verifying(folder / "evidence", rounds).items()
    }
    found |= proving_files(folder, MANY)
    single, ours = hashing(folder, megabytes)
    found |= {f"hash {megabytes} MB by sha256sum": single, f"hash {megabytes} MB by verification": ours}
    found["payload against single sha256sum"] = single / ours
    return found


def ratio(what: str, found: dict[str, float]) -> dict[str, float | str]:
    """How a figure compares with the one that it is to be held against, taken in the same run."""
    task, by, _ = what.rpartition(" by ")
    against = {
        "append to 87,040 leaves": "append to an empty log",
    }.get(what, "seal of a bundle, young log" if what.startswith("seal of") else f"{task}{by}sha256sum")
    if against not in found or against == what:
        return {}
    return {"ratio": found[what] / found[against], "of": against}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="end within 50 seconds")
    parser.add_argument("--bundles", type=int, help="hourly bundles to seal and verify")
    parser.add_argument("--megabytes", type=int, help="payload to hash")
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    parser.add_argument("--json", action="store_true", help="print one object")
    options = parser.parse_args()
    bundles, megabytes = (300, 200) if options.quick else (8_760, 10_000)
    bundles, megabytes = max(options.bundles or bundles, 4), max(options.megabytes or megabytes, 8)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended; nothing is left behind"))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        needed = LOG_BYTES + bundles * BUNDLE_BYTES + (megabytes << 20)
        if (free := shutil.disk_usage(folder).free) < needed:
            sys.exit(f"{folder} has {free >> 20} MB free and {needed >> 20} are needed; name another with --folder")
        found = measure(Path(folder), bundles=bundles, megabytes=megabytes)
    ours = found[f"verify {bundles} bundles by readiness"]
    others = min(found[f"verify {bundles} bundles by {name}"] for name in ("bagit.py", "sha256sum"))
    sealed = next(took for what, took in found.items() if what.startswith("seal of a bundle, after"))
    slower = found["append to 87,040 leaves"] / found["append to an empty log"]
    targets = [
        ("rebuild of 87,600 leaves, s", found["rebuild of 87,600 leaves"], 0.2, "at most"),
        ("payload against single sha256sum", found["payload against single sha256sum"], 1.5, "at least"),
        ("bundles against the quicker of bagit.py and sha256sum", ours / others, 1.0, "at most"),
        ("append at 87,040 against the first", slower, 1.25, "at most"),
        ("seal of a bundle, s", sealed, 0.02, "at most"),
        ("seal of a bundle against a young log's", sealed / found["seal of a bundle, young log"], 1.25, "at most"),
        ("proof files of a bundle, bytes", found[f"proof files of a bundle among {MANY:,}, bytes"], 3_072, "at most"),
    ]
    rows = [{"what": what, "value": value, **ratio(what, found)} for what, value in found.items()]
    judged = [
        {"what": what, "value": value, "limit": limit, "met": value <= limit if word == "at most" else value >= limit}
        for what, value, limit, word in targets
    ]
    if options.json:
        print(json.dumps({"name": "evidence_log", "cores": os.cpu_count(), "rows": rows, "targets": judged}))
        return
    for row in rows:
        compared = f"  {row['ratio']:6.2f} × {row['of']}" if "ratio" in row else ""
        print(f"{row['what']:<54} {row['value']:10.4f}{compared}")
    for target, (*_, word) in zip(judged, targets, strict=True):
        verdict = "met" if target["met"] else "MISSED"
        print(f"{verdict:<7} {target['what']}: {target['value']:.3f}, {word} {target['limit']}")


if __name__ == "__main__":
    main()
