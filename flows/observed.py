"""What a slot brought, as a value: when it is observed, and when it is derived again from its bundle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checks.catalog import Catalog, VersionFrom
from checks.evidence.inputs import Judging
from checks.evidence.layout import Origin, bundle_files
from checks.evidence.records import Evidence
from checks.findings import Judgement, unobserved
from checks.outcome import Outcome
from checks.samples import Samples
from checks.slots import Cadence, Slot


@dataclass(frozen=True, slots=True)
class Observed:
    """What a slot brought: the evidence, what it came to, and the version that was running.

    `judging` is what the judgements were made from beside the evidence. `samples` are for the store; they follow from
    the evidence.
    """

    slot: Slot
    evidence: tuple[Evidence, ...]
    judgements: tuple[Judgement, ...]
    version: str | None
    judging: Judging
    samples: tuple[Samples, ...] = ()

    def asked(self, catalog: Catalog) -> Catalog:
        """The catalogue with those checks alone that the slot was about: a cadence's, or one drill."""
        names = [one.check for one in self.judging.checks]
        return catalog.model_copy(update={"checks": {name: catalog.checks[name] for name in names}})

    def files(self, catalog: Catalog, catalog_bytes: bytes) -> Iterator[tuple[str, bytes]]:
        """Every file of its bag but pages and inputs, by path relative to `data/`."""
        origin = Origin(stream_of(catalog, self.slot.cadence), catalog.environment, self.version)
        return bundle_files(self.slot, self.evidence, self.judgements, origin=origin, catalog=catalog_bytes)


def nothing_observed(catalog: Catalog, slot: Slot, judging: Judging) -> Observed:
    """A slot that was owed and that no run collected."""
    because = f"the slot {slot.label} was owed and no run collected it"
    judgements = tuple(
        unobserved(check, slot, outcome=Outcome.MISSING, because=because, now=judging.judged_at)
        for check in catalog.on(slot.cadence)
    )
    return Observed(slot, (), judgements, None, judging)


def running_version(catalog: Catalog, evidence: Sequence[Evidence], judging: Judging) -> str | None:
    """The version that evidence is about: declared, or as the subjects of a check reported it (all of them).

    Where the slot did not owe that check, it is the one that was seen just before.
    """
    if not isinstance(catalog.version, VersionFrom):
        return catalog.version
    if catalog.version.check not in {one.check for one in judging.checks}:
        return judging.version
    named = [one for one in evidence if one.check == catalog.version.check]
    reported = {getattr(row, "version", None) for one in named for row in one.rows} - {None}
    return " and ".join(sorted(map(str, reported))) or None


def stream_of(catalog: Catalog, cadence: Cadence) -> str:
    """The row of bundles that a cadence's slots belong to."""
    return f"{catalog.system}/{catalog.environment}/{cadence}"
