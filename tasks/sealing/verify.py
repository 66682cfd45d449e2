"""Verifying evidence: bundles, or a whole evidence folder, offline, against keys that the reader trusts."""

import multiprocessing
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from checks.errors import ReadinessError, VerificationError
from checks.evidence.agreement_steps import Chains, Sealed, disagreements
from checks.evidence.bag_info import KeyKind
from checks.evidence.bag_steps import changed_payload, changed_tags, incomplete
from checks.evidence.log_steps import place_in_log, stamped, witnessed
from checks.evidence.policy_step import in_force
from checks.evidence.signature_steps import misstated, unsigned
from checks.evidence.trust import TrustPolicy
from checks.evidence.verification import StepState, VerificationReport, open_step, step
from checks.slots import Slot
from tasks.sealing.bundle import bundle_folders, read_info
from tasks.sealing.logged import Belief
from tasks.sealing.reading import read_bundle
from tasks.sealing.trust import ALLOWED_SIGNERS, load_trust

_BESIDE = (
    "the trusted keys were found beside the evidence, so this proves that it is consistent, not who sealed it;"
    " get the trust folder from its owner by another way and name it"
)
_DEVELOPMENT = "signed with a development key, which proves nothing to others"
_MANY = 100
"""Bundles from which on processes are worth their start."""
_SHARD = 16
_believed: list[Mapping[Path, Belief]] = []
"""In a process that verifies its share: whom to believe, in which evidence tree."""


def verify_bundle(path: Path, trust: TrustPolicy) -> VerificationReport:
    """All steps for one bundle by itself."""
    return verify_evidence([path], trust)[0]


def verify_evidence(
    paths: Sequence[Path], trust: TrustPolicy, *, at: datetime | None = None
) -> tuple[VerificationReport, ...]:
    """A report for each bundle at or below some paths, oldest first; each with the keys and the policy of its own time.

    An evidence folder is taken for all there is: a bundle that the chain names must be in it. With an instant, the
    evidence is taken as it stood then: later bundles are passed over, and later records of the log do not count yet.
    """
    wholes = [path for path in paths if _is_root(path)]
    found = sorted({bundle for path in paths for bundle in find_bundles(path)}, key=lambda path: (path.name, path))
    bundles = [bundle for bundle in found if at is None or _stood(bundle, at)]
    if not bundles:
        raise VerificationError(f"{', '.join(map(str, paths))}: nothing had been sealed by then; name a later instant")
    roots = {_root_of(bundle) for bundle in bundles}
    beliefs = {root: Belief.of(root, trust, as_of=at) for root in roots}
    checked = _all_checked(bundles, beliefs)
    gone = {digest for path in wholes if path.resolve() in beliefs for digest in beliefs[path.resolve()].departed}
    chains = Chains([sealed for _, sealed in checked if sealed is not None], gone)
    return tuple(
        _chained(report, sealed, chains, whole=any(path.resolve() in bundle.parents for path in wholes))
        for bundle, (report, sealed) in zip(bundles, checked, strict=True)
    )


def _root_of(bundle: Path) -> Path:
    """The top of the evidence tree that a bundle is filed in, if it is."""
    return bundle.parents[min(3, len(bundle.parents) - 1)]


def _stood(bundle: Path, at: datetime) -> bool:
    """Whether a bundle says that it had been sealed by an instant; one that says nothing is looked at."""
    try:
        info = read_info(bundle)
    except (OSError, ReadinessError):
        return True
    return Slot.parse_label(info.slot).at <= at and info.bagged_on <= at.astimezone(UTC).date()


def find_bundles(path: Path) -> list[Path]:
    """The bundle at a path, or all those below it; a path that is neither is refused with one line."""
    found = path.resolve()
    if (found / "bagit.txt").is_file():
        found = found.parent
    if (found / "bag").is_dir():
        return [found]
    bundles = bundle_folders(found) or sorted({bag.parent for bag in found.glob("**/*Z.*/bag")})
    if not bundles:
        raise VerificationError(
            f"{path} is no evidence bundle; name a folder that holds bag/ and proof/, or one of them"
        )
    return bundles


def trust_for(paths: Sequence[Path], folder: Path | None) -> TrustPolicy:
    """The keys in a trust folder that the reader names; else those beside the evidence, and the report says so.

    Keys from within a bundle are never trusted: whoever made it would vouch for it.
    """
    bundles = [bundle for path in paths for bundle in find_bundles(path)]
    if folder is not None:
        if any(folder.resolve().is_relative_to(bundle) for bundle in bundles):
            raise VerificationError(f"{folder} lies within the evidence it is to vouch for; name a folder outside")
        return load_trust(folder, beside_evidence=False)
    for root in bundles[0].parents[:4]:
        if (root / "trust" / ALLOWED_SIGNERS).is_file():
            return load_trust(root / "trust", beside_evidence=True)
    raise VerificationError(f"no trusted keys for {paths[0]}: name the folder that holds {ALLOWED_SIGNERS}")


def _all_checked(
    bundles: Sequence[Path], beliefs: Mapping[Path, Belief]
) -> list[tuple[VerificationReport, Sealed | None]]:
    """Each bundle's steps: of a few in threads, since hashing lets others run, of many in a process for each core.

    Processes are forked, as keys cannot be sent to them, and so only where no other thread could hold a lock.
    """
    if len(bundles) < _MANY or threading.active_count() > 1 or "fork" not in multiprocessing.get_all_start_methods():
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            return list(threads.map(lambda path: _checked(path, beliefs[_root_of(path)]), bundles))
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(os.cpu_count(), context, initializer=_believe, initargs=(beliefs,)) as processes:
        return list(processes.map(_checked_by_process, bundles, chunksize=_SHARD))


def _believe(beliefs: Mapping[Path, Belief]) -> None:
    """Leaves the keys where the process's work finds them."""
    _believed.append(beliefs)


def _checked_by_process(path: Path) -> tuple[VerificationReport, Sealed | None]:
    return _checked(path, _believed[-1][_root_of(path)])


def _checked(path: Path, belief: Belief) -> tuple[VerificationReport, Sealed | None]:
    """All steps but the seventh, and the bundle as a link of its chain."""
    contents, trust = read_bundle(path), belief.trust
    steps = (
        step(1, incomplete(contents)),
        step(2, changed_payload(contents)),
        step(3, changed_tags(contents)),
        step(4, unsigned(contents, trust)),
        step(5, misstated(contents, trust)),
        step(6, disagreements(contents)),
        place_in_log(contents, trust),
        witnessed(contents, trust),
        stamped(contents, trust),
        in_force(contents.told, belief.log),
    )
    info = contents.told
    report = VerificationReport(
        bundle=str(path),
        slot=info.slot if info else None,
        digest=contents.digest,
        steps=steps,
        notes=tuple(_notes(belief, development=info is not None and info.key is KeyKind.DEVELOPMENT)),
    )
    if info is None or contents.digest is None:
        return report, None
    return report, Sealed(path.name, info.stream, contents.digest, info.previous)


def _notes(belief: Belief, *, development: bool) -> list[str]:
    told = [*([_BESIDE] if belief.trust.beside_evidence else []), *([_DEVELOPMENT] if development else [])]
    return told + [one.words for one in belief.successors]


def _chained(report: VerificationReport, sealed: Sealed | None, chains: Chains, *, whole: bool) -> VerificationReport:
    """The report with step 7 in its place."""
    if sealed is None:
        chained = open_step(7, StepState.NOT_CHECKED, "the bundle does not say where it stands")
    else:
        chained = chains.step(sealed, whole=whole)
    return report.with_step(chained)


def _is_root(path: Path) -> bool:
    """Whether a path is the top of an evidence tree."""
    return not (path / "bag").is_dir() and bool(bundle_folders(path))
