"""The readiness models that come with the product, one line each: how a catalogue states one, and what answers it."""

from collections.abc import Mapping

from checks.models import Model
from checks.readiness.assessing import Assess
from checks.readiness.release_gate import ReleaseGate, decide

_MODELS: tuple[tuple[type[Model], Assess], ...] = ((ReleaseGate, decide),)

TEMPLATES: Mapping[str, type[Model]] = {model.model_fields["template"].default: model for model, _ in _MODELS}
ASSESS: Mapping[str, Assess] = {model.model_fields["template"].default: function for model, function in _MODELS}
