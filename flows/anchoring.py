"""Anchoring: asks whoever the settings name to vouch for the log; who cannot be asked holds no run."""

from flows.settings import Settings
from tasks.sealing.anchoring import Anchored, anchor
from tasks.sealing.anchors import TimestampClient, WitnessClient
from tasks.sealing.reaching import open_client


def anchor_log(settings: Settings) -> Anchored | None:
    """Anchors the newest checkpoint; `None` if the settings name neither a witness nor an authority."""
    if not settings.witness and not settings.timestamps:
        return None
    with open_client() as client:
        witness = WitnessClient(settings.witness, client) if settings.witness else None
        authority = TimestampClient(settings.timestamps, client) if settings.timestamps else None
        return anchor(settings.evidence, witness=witness, authority=authority)
