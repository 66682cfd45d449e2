"""The collectors that come with the product, one line each.

A module is imported when its kind is asked for: comparing tables needs libraries that a health check does without.
"""

from pkgutil import resolve_name
from typing import Any

from tasks.collectors.collector import Collector

COLLECTORS = {
    "alert": "tasks.collectors.alert:AlertCollector",
    "alert-rule": "tasks.collectors.alert_rule:AlertRuleCollector",
    "attestation": "tasks.collectors.attestation:AttestationCollector",
    "audit": "tasks.collectors.audit:AuditCollector",
    "availability": "tasks.collectors.availability:AvailabilityCollector",
    "backup": "tasks.collectors.backup:BackupCollector",
    "backup-tool": "tasks.collectors.backup_tool:BackupToolCollector",
    "chaos": "tasks.collectors.chaos:ChaosCollector",
    "configuration": "tasks.collectors.configuration:ConfigurationCollector",
    "container": "tasks.collectors.container:ContainerCollector",
    "documents": "tasks.collectors.markdown:DocumentsCollector",
    "event-store": "tasks.collectors.event_store:EventStoreCollector",
    "freshness": "tasks.collectors.freshness:FreshnessCollector",
    "health": "tasks.collectors.health:HealthCollector",
    "http-contract": "tasks.collectors.http_contract:HttpContractCollector",
    "listening-sockets": "tasks.collectors.listening_sockets:ListeningSocketsCollector",
    "log-lines": "tasks.collectors.log_lines:LogLinesCollector",
    "metrics": "tasks.collectors.metrics:MetricsCollector",
    "objective": "tasks.collectors.objective:ObjectiveCollector",
    "parity": "tasks.collectors.parity:ParityCollector",
    "reconciliation": "tasks.collectors.reconciliation:ReconciliationCollector",
    "redis": "tasks.collectors.redis:RedisCollector",
    "releases": "tasks.collectors.releases:ReleasesCollector",
    "restart": "tasks.collectors.restart:RestartCollector",
    "rollback": "tasks.collectors.rollback:RollbackCollector",
    "sbom": "tasks.collectors.sbom:SbomCollector",
    "secrets": "tasks.collectors.secrets:SecretsCollector",
    "signatures": "tasks.collectors.signatures:SignaturesCollector",
    "sql-facts": "tasks.collectors.sql_facts:SqlFactsCollector",
    "test-results": "tasks.collectors.test_results:ResultsCollector",
    "usage": "tasks.collectors.usage:UsageCollector",
}


def collector_of(kind: str) -> type[Collector[Any]]:
    """The collector of one of these kinds."""
    collector: type[Collector[Any]] = resolve_name(COLLECTORS[kind])
    return collector
