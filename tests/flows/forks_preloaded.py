"""What every forked run imports, imported once: seconds of Prefect and of Great Expectations."""

from importlib import import_module

for name in (
    "anyio._backends._asyncio",
    "checks.expectations.registry",
    "fastapi.encoders",
    "flows.__main__",
    "flows.cli.session",
    "graphviz",
    "prefect.engine",
    "prefect.flow_engine",
    "prefect.task_engine",
    "pyarrow.pandas_compat",
    "tasks.collectors.freshness",
    "tasks.collectors.health",
    "tasks.store.evidence_store",
):
    import_module(name)
