"""What every forked run imports and compiles, done once: seconds of Prefect, Great Expectations and templates."""

from importlib import import_module

from reports.rendering import TEMPLATES, html, markdown

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

for template in TEMPLATES.iterdir():
    (markdown() if ".md." in template.name else html()).get_template(template.name)
