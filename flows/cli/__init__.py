"""The command line: one module for each command."""

import typer

from flows.cli import (
    assess,
    audit,
    automate,
    catalog,
    compare,
    deploy,
    drill,
    evidence,
    export,
    gate,
    importing,
    init,
    key,
    log,
    notify,
    pause,
    report,
    run,
    serve,
    status,
    verify,
    witness,
)

app = typer.Typer(
    name="readiness",
    help="Proves, hour by hour, whether a system is ready for production.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("init")(init.init)
app.add_typer(catalog.app, name="catalog")
app.add_typer(importing.app, name="import")
app.add_typer(export.app, name="export")
app.add_typer(key.app, name="key")
app.add_typer(evidence.app, name="evidence")
app.add_typer(evidence.waivers, name="waiver")
app.add_typer(log.app, name="log")
app.add_typer(pause.app, name="pause")
app.add_typer(notify.app, name="notify")
app.add_typer(deploy.app, name="deploy")
app.add_typer(audit.app, name="audit")
app.add_typer(witness.app, name="witness")
app.command("run")(run.run)
app.command("serve")(serve.serve)
app.command("automate")(automate.automate)
app.command("drill")(drill.drill)
app.command("status")(status.status)
app.command("assess")(assess.assess)
app.command("gate")(gate.gate)
app.command("verify")(verify.verify)
app.command("compare")(compare.compare)
app.command("report")(report.report)
