"""Good and bad rows of signatures."""

from checks.expectations.signatures import SIGNATURES
from checks.kinds.signatures import SignaturesCheck, SignaturesRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

CHECK = SignaturesCheck.model_validate(
    {
        "artefacts": {"notes": {"file": "team:notes.md"}},
        "keys": {"release": "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"},
    }
)
ROW = SignaturesRow(
    subject="notes",
    where="notes.md",
    fetched_at=NOW,
    body_bytes=12,
    sha256="0" * 64,
    signature="notes.md.sig",
    form="minisign",
    signer="release",
)
GOOD = Example(CHECK, (ROW,))

CASE = SuiteCase(
    SIGNATURES,
    GOOD,
    {
        "found": (changed(GOOD, missing="does not exist", form=None), Outcome.MISSING),
        "not-empty": (changed(GOOD, body_bytes=0), Outcome.INCONCLUSIVE),
        "signed": (changed(GOOD, unsigned="does not exist", form=None, signer=None), Outcome.MISSING),
        "readable": (changed(GOOD, unreadable="it is empty", form=None, signer=None), Outcome.FAIL),
        "verified": (changed(GOOD, signer=None), Outcome.FAIL),
    },
)
