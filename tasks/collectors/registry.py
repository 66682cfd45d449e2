"""The collectors that come with the product, one line each."""

from typing import Any

from tasks.collectors.alert import AlertCollector
from tasks.collectors.backup import BackupCollector
from tasks.collectors.backup_tool import BackupToolCollector
from tasks.collectors.chaos import ChaosCollector
from tasks.collectors.collector import Collector
from tasks.collectors.freshness import FreshnessCollector
from tasks.collectors.health import HealthCollector
from tasks.collectors.metrics import MetricsCollector
from tasks.collectors.parity import ParityCollector
from tasks.collectors.reconciliation import ReconciliationCollector
from tasks.collectors.restart import RestartCollector
from tasks.collectors.rollback import RollbackCollector

COLLECTORS: tuple[type[Collector[Any]], ...] = (
    AlertCollector,
    BackupCollector,
    BackupToolCollector,
    ChaosCollector,
    FreshnessCollector,
    HealthCollector,
    MetricsCollector,
    ParityCollector,
    ReconciliationCollector,
    RestartCollector,
    RollbackCollector,
)
