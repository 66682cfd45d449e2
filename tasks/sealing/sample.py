"""Exports what an auditor drew: just those bundles, with their proofs, the keys, the log's hashes, and a README."""

import shutil
from pathlib import Path

from checks.errors import SealError
from checks.evidence.layout import bundle_path
from checks.evidence.sampling import drawn
from checks.slots import Slot
from tasks.sealing.bundle import INSTRUCTIONS, bundle_folders, read_info
from tasks.sealing.log_files import LOG, LogFiles

_README = """\
# A sample of the evidence log

Drawn from {leaves} bundles with the seed `{seed}`: the {count} whose `printf '%s\\n%d' "$seed" "$index" | sha256sum` is
smallest, where the index is a bundle's `Evidence-Log-Index`. A seed that nobody could know when the evidence was made,
such as a nonce of yours or a checkpoint that came later, leaves nobody a choice. All the indices that were drawn from:

    {pool}

Drawn: {drawn}.

Each bundle below has a `{instructions}` with the commands that check it. They name `trust/`, which came from the same
hands as the evidence: compare it with the copy that you were given before. `log/` holds the hashes of the whole log.

{bundles}
"""


def export_sample(root: Path, target: Path, *, seed: str, count: int) -> list[Path]:
    """Draws bundles and copies them to a new folder; returns their copies."""
    if target.exists():
        raise SealError(f"{target} is there already; name a new folder")
    leaves = {index: folder for folder in bundle_folders(root) if (index := read_info(folder).log_index) is not None}
    checkpoint = LogFiles(root / LOG).checkpoint()
    if not leaves or checkpoint is None:
        raise SealError(f"{root} holds no bundle that is in an evidence log")
    chosen = drawn(seed, leaves, count)
    copies = []
    for index in chosen:
        copies.append(target / bundle_path(Slot.parse_label(read_info(leaves[index]).slot)))
        shutil.copytree(leaves[index], copies[-1], symlinks=True)
    for name in ("trust", LOG):
        shutil.copytree(root / name, target / name)
    text = _README.format(
        leaves=len(leaves),
        seed=seed,
        count=len(chosen),
        pool=_ranges(sorted(leaves)),
        drawn=", ".join(map(str, chosen)),
        instructions=INSTRUCTIONS,
        bundles="\n".join(f"- `{copy.relative_to(target).as_posix()}`" for copy in copies),
    )
    (target / "README.md").write_text(text, encoding="utf-8")
    return copies


def _ranges(indices: list[int]) -> str:
    """Numbers as people write many of them: `0-3, 5, 7-9`."""
    runs: list[list[int]] = []
    for index in indices:
        if runs and runs[-1][-1] == index - 1:
            runs[-1][1:] = [index]
        else:
            runs.append([index])
    return ", ".join("-".join(map(str, run)) for run in runs)
