"""Switches that break the team's files."""

import json
import re

from examples.sandbox.releases import NEWEST
from examples.sandbox.switch import SpoiledFile


class BrokenLink(SpoiledFile):
    name = "broken-link"
    sentence = "The runbooks link to a page that is not there."
    breaks = "runbooks"
    file = "docs/runbooks.md"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace("(slo.md#objectives)", "(objectives.md)")


class OldReview(SpoiledFile):
    name = "old-review"
    sentence = "The objectives were reviewed two years ago."
    breaks = "objectives"
    file = "docs/slo.md"

    @staticmethod
    def spoil(text: str) -> str:
        return re.sub(r"reviewed: \d{4}", lambda found: f"reviewed: {int(found[0][-4:]) - 2}", text)


class FailingTest(SpoiledFile):
    name = "failing-test"
    sentence = "An acceptance test of the newest build failed."
    breaks = "acceptance tests"
    file = "ci/junit-acceptance.xml"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace(" />\n</testsuite>", '><failure message="refused" /></testcase>\n</testsuite>')


class OldBuild(SpoiledFile):
    name = "old-build"
    sentence = "The integration tests ran on the release before."
    breaks = "integration tests"
    file = "ci/junit-integration.xml"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace(NEWEST, "v0.1.0")


class VulnerablePackage(SpoiledFile):
    name = "vulnerable-package"
    sentence = "The audit has found something wrong with a package."
    breaks = "audit"
    file = "ci/pip-audit.json"

    @staticmethod
    def spoil(text: str) -> str:
        found = '[{"id": "PYSEC-2026-1", "fix_versions": ["8.3.2"], "aliases": [], "description": "An example."}]'
        return re.sub(r'("8\.3\.1",\s+"vulns": )\[\]', rf"\g<1>{found}", text)


class EmptyAudit(SpoiledFile):
    name = "empty-audit"
    sentence = "The audit looked at no package, and found nothing wrong."
    breaks = "audit"
    file = "ci/pip-audit.json"

    @staticmethod
    def spoil(text: str) -> str:
        return re.sub(r'"version": "[^"]*",\s+"vulns": \[\]', '"skip_reason": "not found on the index"', text)


class DriftedBill(SpoiledFile):
    name = "drifted-bill"
    sentence = "The bill of materials lists a version that is not locked."
    breaks = "bill of materials"
    file = "ci/bom.cdx.json"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace("0.50.0", "0.49.0")


class MovingTag(SpoiledFile):
    name = "moving-tag"
    sentence = "One of the containers that run is of the tag latest."
    breaks = "containers"
    file = "containers/inspect.json"

    @staticmethod
    def spoil(text: str) -> str:
        return re.sub(r"desk/risk-service:[^\"]*", "desk/risk-service:latest", text)


class BorrowedHealth(SpoiledFile):
    name = "borrowed-health"
    sentence = "A service is called healthy while Redis answers, whatever the service does."
    breaks = "containers"
    file = "containers/inspect.json"

    @staticmethod
    def spoil(text: str) -> str:
        containers = json.loads(text)
        containers[0]["Config"]["Healthcheck"]["Test"] = ["CMD", "redis-cli", "-h", "redis", "ping"]
        return json.dumps(containers, indent=2) + "\n"


class OldSecret(SpoiledFile):
    name = "old-secret"
    sentence = "The webhook's secret was renewed two years ago."
    breaks = "secrets"
    file = "secrets/register.yaml"

    @staticmethod
    def spoil(text: str) -> str:
        return re.sub(r"(WEBHOOK_SECRET, rotated_at: )(\d{4})", lambda found: f"{found[1]}{int(found[2]) - 2}", text)


class ExposedSecret(SpoiledFile):
    name = "exposed-secret"
    sentence = "The database's password stands in the configuration."
    breaks = "configuration"
    file = "config/service.yaml"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace("${LEDGER_URL}", "postgresql://service:hunter2hunter2@db.example.test/ledger")


class DriftedConfiguration(SpoiledFile):
    name = "drifted-configuration"
    sentence = "Somebody has raised a timeout of the service, and nobody approved it."
    breaks = "configuration"
    file = "config/service.yaml"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace("request_ms: 30000", "request_ms: 300000")


class OpenSocket(SpoiledFile):
    name = "open-socket"
    sentence = "Redis listens on every address of the machine."
    breaks = "sockets"
    file = "host/listening.txt"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace("127.0.0.1:6379", "  0.0.0.0:6379")


class ForgedNotes(SpoiledFile):
    name = "forged-notes"
    sentence = "The release's notes were changed after they had been signed."
    breaks = "release notes"
    file = "release/notes.md"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace("Two fixes", "Three fixes")


class UntaggedRelease(SpoiledFile):
    name = "untagged-release"
    sentence = "Nobody has tagged the newest release."
    breaks = "tags"
    file = "release/tags.txt"

    @staticmethod
    def spoil(text: str) -> str:
        return "".join(line for line in text.splitlines(keepends=True) if NEWEST not in line)
