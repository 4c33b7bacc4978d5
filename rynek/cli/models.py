"""`rynek models list|promote|rollback|exposure`: which trained model answers shoppers."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from models import artifacts, gate
from models.artifacts import Artifact
from models.errors import ModelsError, PromotionRefused
from models.recommendations import KIND
from rynek.cli.complaints import complaining
from rynek.cli.exposure import exposure
from rynek.cli.tables import narrow

models = typer.Typer(help="List, promote and roll back trained models.", no_args_is_help=True)
models.command()(exposure)

Kind = Annotated[str, typer.Option(help="What was trained: recommender, search_index, …")]
Version = Annotated[str, typer.Argument(help="As `rynek models list` names it.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
Force = Annotated[
    bool, typer.Option("--force", help="Although the gate or a guard rail stood against it.")
]


@models.command("list")
def list_versions(kind: Kind = KIND, as_json: AsJson = False) -> None:
    """Every stored version, newest last, which one is live, and what stands against the others."""
    with complaining():
        root = artifacts_root()
        live = artifacts.live_version(root, kind)
        rows = [_row(root, kind, version, live) for version in artifacts.versions(root, kind)]
    if as_json:
        typer.echo(json.dumps(rows))
    elif not rows:
        typer.echo(f"No {kind} was stored yet: `rynek pipeline run` trains one.")
    else:
        Console().print(_table(kind, rows), *_objections(rows), sep="\n")


@models.command()
def promote(version: Version, kind: Kind = KIND, force: Force = False) -> None:
    """Make a stored version live, if it passed the gate. Readers follow within seconds."""
    with complaining():
        root = artifacts_root()
        objections = gate.objections(artifacts.load(root, kind, version, is_checked=False))
        if objections and not force:
            raise PromotionRefused(f"{version}: {'; '.join(objections)}.")
        artifact = artifacts.promote(root, kind, version)
    typer.echo(f"{kind} {artifact.version} ({artifact.recipe}) is live.")


@models.command()
def rollback(kind: Kind = KIND) -> None:
    """Return to the version that was live before."""
    with complaining():
        artifact = artifacts.rollback(artifacts_root(), kind)
    typer.echo(f"{kind} {artifact.version} ({artifact.recipe}) is live again.")


def artifacts_root() -> Path:
    """Where trained models lie: `artifacts/` under RYNEK_HOME."""
    return Path(os.environ.get("RYNEK_HOME", ".rynek")) / "artifacts"


def _row(root: Path, kind: str, version: str, live: str | None) -> dict[str, Any]:
    is_live = version == live
    try:
        artifact = artifacts.load(root, kind, version, is_checked=False)
    except ModelsError as error:
        return {"version": version, "is_live": is_live, "recipe": None, "problem": error.code}
    return {
        "version": version,
        "is_live": is_live,
        "recipe": artifact.recipe,
        "created_at": artifact.created_at,
        "data_until": artifact.data_window[1],
        "ndcg@20": _own_ndcg(artifact),
        "guard_rails": artifact.metrics.get("guard_rails", {}),
        "objections": gate.objections(artifact),
        "problem": None,
    }


def _own_ndcg(artifact: Artifact) -> list[float] | None:
    """Value, low and high."""
    measured: dict[str, dict[str, list[float]]] = artifact.metrics.get("models", {})
    return measured.get(artifact.recipe, {}).get("ndcg@20")


def _table(kind: str, rows: list[dict[str, Any]]) -> Table:
    """A version begins with the moment it was made."""
    table = narrow("version", "", "recipe", "NDCG@20", "guard rails", title=kind)
    for row in rows:
        table.add_row(
            row["version"],
            "live" if row["is_live"] else "",
            row["recipe"],
            _interval(row.get("ndcg@20")),
            _rails(row.get("guard_rails", {})),
        )
    return table


def _objections(rows: list[dict[str, Any]]) -> list[str]:
    """What stands against each version that something stands against."""
    against = {row["version"]: row["problem"] or "; ".join(row["objections"]) for row in rows}
    return [f"{version}: {why}" for version, why in against.items() if why]


def _interval(ndcg: list[float] | None) -> str:
    if ndcg is None:
        return ""
    value, low, high = ndcg
    return f"{value:.4f} ±{(high - low) / 2:.4f}"


def _rails(rails: dict[str, Any]) -> str:
    held = sum(rail["is_held"] for rail in rails.values())
    return f"{held} of {len(rails)}" if rails else ""
