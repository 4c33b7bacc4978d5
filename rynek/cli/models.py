"""`rynek models list|promote|rollback`: which trained model answers shoppers."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from models import artifacts
from models.artifacts import Artifact
from models.errors import ModelsError
from models.recommendations import KIND
from rynek.cli.complaints import complaining

models = typer.Typer(help="List, promote and roll back trained models.", no_args_is_help=True)

Kind = Annotated[str, typer.Option(help="What was trained: recommender, search_index, …")]
Version = Annotated[str, typer.Argument(help="As `rynek models list` names it.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]


@models.command("list")
def list_versions(kind: Kind = KIND, as_json: AsJson = False) -> None:
    """Every stored version, newest last, and which one is live."""
    with complaining():
        root = artifacts_root()
        live = artifacts.live_version(root, kind)
        rows = [_row(root, kind, version, live) for version in artifacts.versions(root, kind)]
    if as_json:
        typer.echo(json.dumps(rows))
    elif not rows:
        typer.echo(f"No {kind} was stored yet: `rynek pipeline run` trains one.")
    else:
        Console().print(_table(kind, rows))


@models.command()
def promote(version: Version, kind: Kind = KIND) -> None:
    """Make a stored version live. Readers follow within seconds."""
    with complaining():
        artifact = artifacts.promote(artifacts_root(), kind, version)
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
        "problem": None,
    }


def _own_ndcg(artifact: Artifact) -> float | None:
    intervals = artifact.metrics.get("models", {}).get(artifact.recipe, {})
    return intervals["ndcg@20"][0] if "ndcg@20" in intervals else None


def _table(kind: str, rows: list[dict[str, Any]]) -> Table:
    table = Table("version", "", "recipe", "data until", "NDCG@20", "problem", title=kind)
    for row in rows:
        quality = row.get("ndcg@20")
        table.add_row(
            row["version"],
            "live" if row["is_live"] else "",
            row["recipe"],
            row.get("data_until"),
            None if quality is None else f"{quality:.4f}",
            row["problem"],
        )
    return table
