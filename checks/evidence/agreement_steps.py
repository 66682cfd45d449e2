"""Steps 6 and 7 of verification: a bag agrees with itself, and with the bundles before and after it."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from checks.errors import CatalogError, VerificationError
from checks.evidence.bag_info import SealedInfo
from checks.evidence.contents import Contents
from checks.evidence.layout import CATALOG, VERDICTS
from checks.evidence.leaf_list import LEAVES, LeafList, Summed
from checks.evidence.signature_steps import attested_outcomes, attested_result
from checks.evidence.statement import overall_result
from checks.evidence.verdicts import Verdicts, read_verdicts
from checks.evidence.verification import Step, StepState, open_step, step
from checks.records import rfc3339
from checks.slots import Slot


def disagreements(contents: Contents) -> list[str]:
    """Step 6: where folder, `bag-info.txt`, verdicts, statements and catalogue contradict each other."""
    info = contents.info
    if isinstance(info, str):
        return [info]
    problems = [*_misfiled(contents, info), *_missummed(contents, info)]
    catalog = contents.payload.get(CATALOG)
    if catalog is None:
        problems.append(f"{CATALOG} is not there")
    elif catalog.digest != info.catalog_digest:
        problems.append(f"{CATALOG} has the digest {catalog.digest}, not Evidence-Catalog-Digest {info.catalog_digest}")
    if contents.verdicts is None:
        return [*problems, f"{VERDICTS} is not there"]
    try:
        verdicts = read_verdicts(contents.verdicts)
    except VerificationError as error:
        return [*problems, f"{VERDICTS} is not well formed: {error}"]
    return problems + _contradictions(contents, info, verdicts)


def _misfiled(contents: Contents, info: SealedInfo) -> list[str]:
    """A copy may be called anything but another slot."""
    try:
        Slot.parse_label(contents.folder)
    except CatalogError:
        return []
    if contents.folder == info.slot:
        return []
    return [f"the folder is {contents.folder}, and bag-info.txt says that the bag is of {info.slot}"]


def _missummed(contents: Contents, info: SealedInfo) -> list[str]:
    """What a list of leaves holds that the bundle does not sum up; `log audit` holds it against the log."""
    if contents.leaves is None:
        return []
    summed = Summed.by(info.stream, Slot.parse_label(info.slot))
    if summed is None:
        return [f"{LEAVES} is there, and {info.slot} of {info.stream} sums up nothing"]
    try:
        strays = LeafList.parse(contents.leaves).strays(summed)
    except VerificationError as error:
        return [f"{LEAVES} is not well formed: {error}"]
    return [f"{LEAVES} lists {path}, which {info.slot} does not sum up" for path in strays]


def _contradictions(contents: Contents, info: SealedInfo, verdicts: Verdicts) -> list[str]:
    told = {
        "stream": (verdicts.stream, info.stream),
        "slot": (rfc3339(verdicts.slot), rfc3339(Slot.parse_label(info.slot).at)),
        "environment": (verdicts.environment, info.environment),
    }
    problems = [
        f"{VERDICTS} says {name} {said!r}, and bag-info.txt {other!r}"
        for name, (said, other) in told.items()
        if said != other
    ]
    attested = attested_outcomes(contents)
    if attested is not None and attested.findings != verdicts.counts:
        problems.append(f"{VERDICTS} has other numbers of outcomes than the outcomes statement counts")
    if attested is not None and attested.version != verdicts.version:
        problems.append(f"{VERDICTS} says version {verdicts.version!r}, the outcomes statement {attested.version!r}")
    result = attested_result(contents)
    if result not in (None, overall_result(verdicts.counts)):
        problems.append(
            f"{VERDICTS} comes to {overall_result(verdicts.counts)}, and the test-result statement says {result}"
        )
    return problems


@dataclass(frozen=True, slots=True)
class Sealed:
    """A bundle as a link of its stream's chain; `bundle` is how the reader calls it."""

    bundle: str
    stream: str
    digest: str
    previous: str | None


class Chains:
    """Every chain among some bundles, each looked at once; `buried` are the digests of those that left a tombstone."""

    def __init__(self, sealed: Sequence[Sealed], buried: Collection[str] = ()) -> None:
        self._digests = {(one.stream, one.digest) for one in sealed}
        self._buried = buried
        self._named = Counter((one.stream, one.previous) for one in sealed)

    def step(self, one: Sealed, *, whole: bool) -> Step:
        """Step 7 for one of them; `whole` if they are said to be all there are."""
        rivals = self._named[one.stream, one.previous] - 1
        before = f"sha256:{one.previous}"
        problems = []
        if rivals and one.previous is None:
            problems.append(
                f"{one.bundle} says that it is the first of the stream {one.stream}, and so does another bundle"
            )
        elif rivals:
            problems.append(f"{one.bundle} names {before} as the bundle before it, and so does another bundle")
        known = (one.stream, one.previous) in self._digests or one.previous in self._buried
        found = one.previous is None or known
        if whole and not found:
            problems.append(f"the bundle before {one.bundle} is not there: {before} of the stream {one.stream}")
        if problems or (found and (whole or one.previous is not None)):
            return step(7, problems)
        return open_step(7, StepState.NOT_CHECKED, "verify the whole evidence folder to follow the chain")
