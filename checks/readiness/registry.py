"""The readiness models that come with the product, one line each: how a catalogue states one, and what answers it."""

from collections.abc import Mapping

from checks.models import Model
from checks.readiness.acceptance import AcceptanceModel, accept
from checks.readiness.assessing import Assess
from checks.readiness.register import register
from checks.readiness.release_gate import ReleaseGate, decide
from checks.readiness.score import score
from checks.readiness.scorecard import scorecard
from checks.readiness.service_scorecard import ServiceScorecard
from checks.readiness.use_case_register import UseCaseRegister
from checks.readiness.weighted_score import WeightedScore

_MODELS: tuple[tuple[type[Model], Assess], ...] = (
    (AcceptanceModel, accept),
    (ReleaseGate, decide),
    (ServiceScorecard, scorecard),
    (UseCaseRegister, register),
    (WeightedScore, score),
)

TEMPLATES: Mapping[str, type[Model]] = {model.model_fields["template"].default: model for model, _ in _MODELS}
ASSESS: Mapping[str, Assess] = {model.model_fields["template"].default: function for model, function in _MODELS}
