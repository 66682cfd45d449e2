"""The suites that come with the product, one line each."""

from checks.expectations.alert import ALERT
from checks.expectations.alert_rule import ALERT_RULE
from checks.expectations.attestation import ATTESTATION
from checks.expectations.audit import AUDIT
from checks.expectations.availability import AVAILABILITY
from checks.expectations.backup import BACKUP
from checks.expectations.backup_tool import BACKUP_TOOL
from checks.expectations.chaos import CHAOS
from checks.expectations.configuration import CONFIGURATION
from checks.expectations.container import CONTAINER
from checks.expectations.documents import DOCUMENTS
from checks.expectations.event_store import EVENT_STORE
from checks.expectations.freshness import FRESHNESS
from checks.expectations.health import HEALTH
from checks.expectations.http_contract import HTTP_CONTRACT
from checks.expectations.listening_sockets import LISTENING_SOCKETS
from checks.expectations.log_lines import LOG_LINES
from checks.expectations.metrics import METRICS
from checks.expectations.objective import OBJECTIVE
from checks.expectations.parity import PARITY
from checks.expectations.pulse import PULSE as PULSE
from checks.expectations.reconciliation import RECONCILIATION
from checks.expectations.redis import REDIS
from checks.expectations.releases import RELEASES
from checks.expectations.restart import RESTART
from checks.expectations.rollback import ROLLBACK
from checks.expectations.sbom import SBOM
from checks.expectations.secrets import SECRETS
from checks.expectations.signatures import SIGNATURES
from checks.expectations.sql_facts import SQL_FACTS
from checks.expectations.suite import AnySuite
from checks.expectations.test_results import TEST_RESULTS
from checks.expectations.usage import USAGE

SUITES: tuple[AnySuite, ...] = (
    ALERT,
    ALERT_RULE,
    ATTESTATION,
    AUDIT,
    AVAILABILITY,
    BACKUP,
    BACKUP_TOOL,
    CHAOS,
    CONFIGURATION,
    CONTAINER,
    DOCUMENTS,
    EVENT_STORE,
    FRESHNESS,
    HEALTH,
    HTTP_CONTRACT,
    LISTENING_SOCKETS,
    LOG_LINES,
    METRICS,
    OBJECTIVE,
    PARITY,
    RECONCILIATION,
    REDIS,
    RELEASES,
    RESTART,
    ROLLBACK,
    SBOM,
    SECRETS,
    SIGNATURES,
    SQL_FACTS,
    TEST_RESULTS,
    USAGE,
)
