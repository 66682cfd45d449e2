"""The pages of readiness models: each in markdown, in HTML and as JSON."""

from collections.abc import Mapping, Sequence

from checks.evidence.inputs import EarlierStanding
from checks.readiness.assessment import Assessment
from reports.models import ModelPage, model_html, model_markdown
from reports.tracker import Bundles


def model_pages(
    assessed: Mapping[str, Assessment], earlier: Sequence[EarlierStanding], bundles: Bundles
) -> dict[str, bytes]:
    """Three files for each model that was assessed, by name."""
    pages: dict[str, bytes] = {}
    for name, found in assessed.items():
        page = ModelPage(found, tuple(one for one in earlier if one.model == name), bundles)
        pages[f"{name}.md"] = model_markdown(page).encode()
        pages[f"{name}.html"] = model_html(page).encode()
        pages[f"{name}.json"] = found.model_dump_json(indent=1).encode() + b"\n"
    return pages
