"""The audit flow: proves every week that the evidence log is append-only and complete."""

from datetime import datetime

from prefect import flow
from prefect.logging import get_run_logger

from checks.errors import VerificationError
from checks.evidence.auditing import LogAudit
from flows.auditing import audited
from flows.settings import Settings
from flows.wiring import now


@flow(name="audit", validate_parameters=True, persist_result=False)
def audit(as_of: datetime | None = None) -> LogAudit:
    """Audits the evidence log of this home; every problem is logged, and one is enough to fail the run.

    Args:
        as_of: The instant until which slots were owed; by default now.
    """
    found = audited(Settings().evidence, None, as_of=as_of or now())
    for problem in found.problems:
        get_run_logger().error(problem)
    if not found.clean:
        raise VerificationError(f"the evidence log does not audit clean: {len(found.problems)} problems")
    return found
