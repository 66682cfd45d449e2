"""Asks one check, whatever happens: evidence, or the reason why there is none."""

from dataclasses import dataclass
from typing import Any

from checks.catalog import Check
from checks.errors import CollectionError
from checks.evidence.records import Evidence
from checks.samples import Samples
from tasks.collectors.collector import Collector


@dataclass(frozen=True, slots=True)
class Collected:
    """A check with the evidence it brought, or with the reason why it brought none; and samples, if it was sampled."""

    check: Check
    evidence: Evidence | None
    failure: str | None = None
    samples: tuple[Samples, ...] = ()


async def collect_one(collector: Collector[Any], check: Check) -> Collected:
    """The one place where anything that goes wrong becomes a finding instead of ending the run."""
    try:
        return Collected(check, await collector.collect(check))
    except CollectionError as error:
        return Collected(check, None, str(error))
    except Exception as error:  # noqa: BLE001 (see above: a broken collector is evidence about itself)
        return Collected(check, None, f"the {check.kind} collector broke: {type(error).__name__}: {error}")
