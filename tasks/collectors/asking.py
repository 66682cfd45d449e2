"""Asks one check, whatever happens: evidence, or the reason why there is none."""

from dataclasses import dataclass
from typing import Any

from checks.catalog import Check
from checks.errors import CollectionError
from checks.evidence.records import Evidence
from checks.samples import Samples
from tasks.collectors.collector import Collector
from tasks.collectors.redacting import Redactor


@dataclass(frozen=True, slots=True)
class Collected:
    """A check with the evidence it brought, or with the reason why it brought none; and samples, if it was sampled."""

    check: Check
    evidence: Evidence | None
    failure: str | None = None
    samples: tuple[Samples, ...] = ()


KNOWN_FORMS = Redactor()
"""Takes out secrets of known forms alone."""


async def collect_one(collector: Collector[Any], check: Check, redactor: Redactor = KNOWN_FORMS) -> Collected:
    """The one place where anything that goes wrong becomes a finding instead of ending the run.

    Whatever a collector brings or complains of passes here, and nothing secret gets further.
    """
    try:
        found = await collector.collect(check)
        return Collected(check, redactor.evidence(found, lambda captures: collector.rows_from(check, captures)))
    except CollectionError as error:
        return Collected(check, None, redactor.text(str(error)))
    except Exception as error:  # noqa: BLE001 (see above: a broken collector is evidence about itself)
        said = f"the {check.kind} collector broke: {type(error).__name__}: {error}"
        return Collected(check, None, redactor.text(said))
