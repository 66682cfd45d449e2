"""Exports what an auditor drew: just those bundles, with their proofs, the keys, the log's hashes, and a README."""

import shutil
from pathlib import Path

from checks.errors import SealError
from checks.evidence.log_records import RECORDS
from checks.evidence.sampling import ranked
from tasks.sealing.bundle import INSTRUCTIONS, bundle_folders, read_info
from tasks.sealing.catalogs import CATALOGS
from tasks.sealing.log_files import LOG, LogFiles
from tasks.sealing.retention import logged_departures

_README = """\
# A sample of the evidence log

Drawn from {leaves} bundles with the seed `{seed}`: the {count} whose `printf '%s\\n%d' "$seed" "$index" | sha256sum` is
smallest, where the index is a bundle's `Evidence-Log-Index`. A seed that nobody could know when the evidence was made,
such as a nonce of yours or a checkpoint that came later, leaves nobody a choice. All the indices that were drawn from:

    {pool}

Drawn: {drawn}.

Each bundle below has a `{instructions}` with the commands that check it. They name `trust/`, which came from the same
hands as the evidence: compare it with the copy that you were given before. `log/` holds the hashes of the whole log,
`records/` what else is in it: changes of the catalogue and of keys, pauses, waivers, deletions, each signed. With this
program, `readiness verify 2*/*/*/* --trust YOURS` checks the bundles here: one by one, since others are not here.

{bundles}
"""
_GONE = """
A bundle that was deleted on record, or moved to an archive, is drawn like any other: its record says so, and the next
one was drawn besides. Gone, and drawn all the same:

{stones}

"""


def export_sample(root: Path, target: Path, *, seed: str, count: int) -> list[Path]:
    """Draws bundles and copies them to a new folder; returns their copies.

    It draws from every bundle that the log holds, those that were deleted too: nobody shapes a sample by deleting.
    """
    if target.exists():
        raise SealError(f"{target} is there already; name a new folder")
    there = {index: folder for folder in bundle_folders(root) if (index := read_info(folder).log_index) is not None}
    pool = _bundle_leaves(LogFiles(root / LOG))
    if not there or not pool:
        raise SealError(f"{root} holds no bundle that is in an evidence log")
    gone = {one.index: path for path, one in logged_departures(root)}
    order = iter(ranked(seed, pool))
    chosen: list[int] = []
    stones: list[int] = []
    while len(chosen) < count and (index := next(order, None)) is not None:
        if index not in there and index not in gone:
            raise SealError(f"leaf {index} was drawn, and its bundle is not there: run `readiness log audit`")
        (chosen if index in there else stones).append(index)
    copies = [_copied(there[index], root, target) for index in sorted(chosen)]
    for name in ("trust", LOG, RECORDS, CATALOGS):
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name)
    text = _README.format(
        leaves=len(pool),
        seed=seed,
        count=len(chosen),
        pool=_ranges(pool),
        drawn=", ".join(map(str, sorted(chosen))),
        instructions=INSTRUCTIONS,
        bundles="\n".join(f"- `{copy.relative_to(target).as_posix()}`" for copy in copies),
    )
    if stones:
        lines = (f"- {index}, {gone[index].relative_to(root).as_posix()}" for index in sorted(stones))
        text += _GONE.format(stones="\n".join(lines))
    (target / "README.md").write_text(text, encoding="utf-8")
    return copies


def _bundle_leaves(log: LogFiles) -> list[int]:
    """Every leaf of the log that is a bundle's."""
    return [index for index, entry in enumerate(log.sound_entries()) if b"  bag-info.txt\n" in entry]


def _copied(bundle: Path, root: Path, target: Path) -> Path:
    """Copies a bundle to where it lies beneath the evidence root."""
    return Path(shutil.copytree(bundle, target / bundle.relative_to(root), symlinks=True))


def _ranges(indices: list[int]) -> str:
    """Numbers as people write many of them: `0-3, 5, 7-9`."""
    runs: list[list[int]] = []
    for index in indices:
        if runs and runs[-1][-1] == index - 1:
            runs[-1][1:] = [index]
        else:
            runs.append([index])
    return ", ".join("-".join(map(str, run)) for run in runs)
