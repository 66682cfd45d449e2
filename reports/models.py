"""Pages of readiness models: what holds for every template, and which file renders it."""

from collections.abc import Sequence
from dataclasses import dataclass

from checks.errors import CatalogError
from checks.evidence.inputs import A_DAY_AGO, EarlierStanding
from checks.readiness.assessment import Assessment
from checks.readiness.objective_view import ObjectiveView
from checks.slots import Slot
from reports.objective_charts import ObjectiveChart, objective_chart
from reports.outcomes import Tally
from reports.rendering import render
from reports.tracker import Bundles
from reports.trend import Trend, trend


@dataclass(frozen=True, slots=True)
class PartChange:
    """One part of a model a day ago and now: an outcome or a level; `None` where there was no such part."""

    name: str
    before: str | None
    now: str | None
    remark: str | None


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

    @property
    def changes(self) -> tuple[PartChange, ...]:
        """The parts that another word stands beside than a day ago; what is new or gone among them."""
        before = next((one.parts for one in self.earlier if one.ago == A_DAY_AGO), None)
        if before is None:
            return ()
        now = dict(self.found.part_words)
        names = dict.fromkeys((*now, *before))
        return tuple(
            self._change(name, before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name)
        )

    def _change(self, name: str, before: str | None, now: str | None) -> PartChange:
        known = before is not None and now is not None
        return PartChange(name, before, now, self.found.remark(str(before), str(now)) if known else None)

    def slot(self, label: str | None) -> Slot | None:
        """The slot that a label names, if it is one."""
        try:
            return Slot.parse_label(label) if label is not None else None
        except CatalogError:
            return None

    def chart(self, view: ObjectiveView) -> ObjectiveChart:
        """The chart of an objective that the model shows."""
        return objective_chart(view)

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
