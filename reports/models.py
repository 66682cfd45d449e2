"""Pages of readiness models: what holds for every template, and which file renders it."""

from collections.abc import Sequence
from dataclasses import dataclass

from checks.errors import CatalogError
from checks.evidence.inputs import EarlierStanding
from checks.readiness.assessment import Assessment
from checks.slots import Slot
from reports.outcomes import Tally
from reports.rendering import render
from reports.tracker import Bundles
from reports.trend import Trend, trend


@dataclass(frozen=True, slots=True)
class ModelPage:
    """An assessment, where the model stood before (oldest first), and the way from the page to any slot's bundle."""

    found: Assessment
    earlier: Sequence[EarlierStanding]
    bundles: Bundles

    @property
    def template(self) -> str:
        """The template of the model, by its type: no word of a catalogue chooses a file."""
        return str(type(self.found).model_fields["template"].default)

    @property
    def tally(self) -> Tally:
        """How many of the model's parts come to which outcome."""
        return Tally.of(part.outcome for part in self.found.counted.values())

    @property
    def trend(self) -> Trend | None:
        """Its course to now as a small chart; nothing without an earlier figure."""
        return trend(self.found, self.earlier)

    def slot(self, label: str | None) -> Slot | None:
        """The slot that a label names, if it is one."""
        try:
            return Slot.parse_label(label) if label is not None else None
        except CatalogError:
            return None

    def bundle(self, slot: str | None) -> str | None:
        """The path to the folder that the reports of a slot lie in, if a page can link there."""
        found = self.slot(slot)
        return self.bundles(found) if found is not None else None


def model_markdown(page: ModelPage) -> str:
    """`NAME.md`; its links lead to each bundle's `report.md`."""
    return render(f"{page.template}.md.j2", page=page, found=page.found)


def model_html(page: ModelPage) -> str:
    """`NAME.html`, self-contained; its links lead to each bundle's `report.html`."""
    return render(f"{page.template}.html.j2", page=page, found=page.found)
