"""`rynek`: the commands, gathered."""

import typer

from rynek.cli import (
    backup,
    bench,
    demo,
    evaluation,
    findings,
    history,
    local,
    market,
    metrics,
    models,
    pipeline,
    sign_in,
    snapshots,
    soak,
    soak_live,
    verify,
)

app = typer.Typer(
    name="rynek",
    help="A marketplace on one machine: orders, stock and payments; analytics and recommendations.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)

app.command()(demo.demo)
app.command()(local.up)
app.command()(local.down)
app.command()(local.status)
app.command()(local.doctor)
app.command()(sign_in.sign_in)
app.command()(market.generate)
app.add_typer(history.app, name="import")
app.add_typer(pipeline.app, name="pipeline")
app.add_typer(snapshots.app, name="snapshots")
app.command()(metrics.metrics)
app.command()(evaluation.evaluate)
app.command()(findings.findings)
app.add_typer(models.models, name="models")
app.command()(verify.verify)
app.command()(backup.backup)
app.command()(backup.restore)
app.add_typer(bench.app, name="bench")
soak.app.command()(soak_live.live)
app.add_typer(soak.app, name="soak")
