"""Good and bad rows of secrets."""

from datetime import timedelta

from checks.expectations.secrets import SECRETS
from checks.kinds.secrets import RegisteredSecret, SecretsCheck, SecretsRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

REGISTER, SCAN = "team:secrets.yaml", "team:config/*"
CHECK = SecretsCheck.model_validate(
    {
        "register": REGISTER,
        "names": ["WEBHOOK_SECRET"],
        "scan": [SCAN],
        "expect": {"max_age": "92d", "warn_at": "78d"},
    }
)
SECRET = RegisteredSecret(
    name="WEBHOOK_SECRET", rotated_at=NOW - timedelta(days=40), owner="Desk Ops", vault="vault:kv/webhook"
)
ROW = SecretsRow(subject=REGISTER, part="register", where="secrets.yaml", fetched_at=NOW, entries=(SECRET,))
FILES = SecretsRow(subject=SCAN, part="scan", where="config/*", fetched_at=NOW, files=3, exposures=0)
GOOD, SCANNED = Example(CHECK, (ROW,)), Example(CHECK, (FILES,))


def but(**fields: object) -> Example:
    return changed(GOOD, entries=[SECRET.model_copy(update=fields).model_dump()])


CASE = SuiteCase(
    SECRETS,
    Example(CHECK, (ROW, FILES)),
    {
        "found": (changed(GOOD, missing="does not exist", entries=None), Outcome.MISSING),
        "readable": (changed(GOOD, unreadable="is neither YAML nor JSON", entries=None), Outcome.MISSING),
        "listed": (changed(GOOD, entries=()), Outcome.INCONCLUSIVE),
        "scanned": (changed(SCANNED, files=0, unscanned=("a may not be read",)), Outcome.INCONCLUSIVE),
        "registered": (but(name="API_TOKEN"), Outcome.MISSING),
        "dated": (but(rotated_at=None), Outcome.MISSING),
        "not-from-the-future": (but(rotated_at=NOW + timedelta(days=2)), Outcome.STALE),
        "renewed": (but(rotated_at=NOW - timedelta(days=93)), Outcome.FAIL),
        "due": (but(rotated_at=NOW - timedelta(days=79)), Outcome.WARN),
        "vaulted": (but(vault=None), Outcome.FAIL),
        "owned": (but(owner=None), Outcome.FAIL),
        "scanned-all": (changed(SCANNED, unscanned=("a may not be read",)), Outcome.INCONCLUSIVE),
        "hidden": (changed(SCANNED, exposures=1, exposed=("a line 3: GitHub token",)), Outcome.FAIL),
    },
)
