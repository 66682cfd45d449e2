"""The kinds of check that come with the product, one line each."""

from checks.catalog import Check
from checks.kinds.alert import AlertCheck
from checks.kinds.alert_rule import AlertRuleCheck
from checks.kinds.attestation import AttestationCheck
from checks.kinds.audit import AuditCheck
from checks.kinds.availability import AvailabilityCheck
from checks.kinds.backup import BackupCheck
from checks.kinds.backup_tool import BackupToolCheck
from checks.kinds.chaos import ChaosCheck
from checks.kinds.configuration import ConfigurationCheck
from checks.kinds.container import ContainerCheck
from checks.kinds.documents import DocumentsCheck
from checks.kinds.event_store import EventStoreCheck
from checks.kinds.freshness import FreshnessCheck
from checks.kinds.health import HealthCheck
from checks.kinds.http_contract import HttpContractCheck
from checks.kinds.listening_sockets import ListeningSocketsCheck
from checks.kinds.log_lines import LogLinesCheck
from checks.kinds.metrics import MetricsCheck
from checks.kinds.objective import ObjectiveCheck
from checks.kinds.parity import ParityCheck
from checks.kinds.reconciliation import ReconciliationCheck
from checks.kinds.redis import RedisCheck
from checks.kinds.releases import ReleasesCheck
from checks.kinds.restart import RestartCheck
from checks.kinds.rollback import RollbackCheck
from checks.kinds.sbom import SbomCheck
from checks.kinds.secrets import SecretsCheck
from checks.kinds.signatures import SignaturesCheck
from checks.kinds.sql_facts import SqlFactsCheck
from checks.kinds.test_results import ResultsCheck
from checks.kinds.usage import UsageCheck

KINDS: tuple[type[Check], ...] = (
    AlertCheck,
    AlertRuleCheck,
    AttestationCheck,
    AuditCheck,
    AvailabilityCheck,
    BackupCheck,
    BackupToolCheck,
    ChaosCheck,
    ConfigurationCheck,
    ContainerCheck,
    DocumentsCheck,
    EventStoreCheck,
    FreshnessCheck,
    HealthCheck,
    HttpContractCheck,
    ListeningSocketsCheck,
    LogLinesCheck,
    MetricsCheck,
    ObjectiveCheck,
    ParityCheck,
    ReconciliationCheck,
    RedisCheck,
    ReleasesCheck,
    RestartCheck,
    ResultsCheck,
    RollbackCheck,
    SbomCheck,
    SecretsCheck,
    SignaturesCheck,
    SqlFactsCheck,
    UsageCheck,
)
