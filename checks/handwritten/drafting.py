"""Drafts a catalogue from a handwritten document: its shape becomes a model, each of its words a claim."""

import yaml

from checks.errors import CatalogError
from checks.handwritten.document import Line, is_tangled, read_document
from checks.handwritten.shapes import SHAPES, Reading, checklist, is_checklist

_HEAD = """\
# Drafted from {name}: every status in it is a claim and counts for nothing until `requires` names evidence for it.
# The one check asks for the document itself; `readiness catalog schema` lists the kinds of check to add.
"""


def drafted(text: str, *, name: str, system: str, environment: str) -> tuple[str, list[Line]]:
    """A catalogue's text, and the lines of the document that nothing was made of."""
    if is_tangled(text):
        raise CatalogError(f"{name}: it has more brackets in one place than anybody could mean")
    sections = read_document(text)
    for shape in SHAPES:
        reading = Reading()
        model = shape(sections, reading)
        if model is not None:
            models = {"readiness": model}
            gate = checklist([one for one in sections if is_checklist(one)], Reading())
            if model["template"] == "weighted-score" and gate is not None:
                models["gate"] = gate
            catalog = {
                "system": system,
                "environment": environment,
                "sources": {"papers": {"folder": "."}},
                "checks": {
                    "document": {"kind": "documents", "every": "daily", "documents": [f"papers:{name}"]},
                },
                "models": models,
            }
            body = yaml.safe_dump(catalog, sort_keys=False, allow_unicode=True, width=118)
            return _HEAD.format(name=name) + body, sorted(reading.unread, key=lambda line: line.number)
    raise CatalogError(f"{name}: no table with statuses or levels, no weights and no list is in it; nothing to draft")
