"""Column lineage as Dagster shows it; found once per set of models, kept beside the warehouse."""

import json
from pathlib import Path

from dagster import TableColumnDep, TableColumnLineage

from pipelines.keys import key
from warehouse.graph import LOADS, fingerprint
from warehouse.lineage import lineage
from warehouse.manifest import replace


def column_lineage(folder: Path) -> dict[str, TableColumnLineage]:
    """Return, by model, which columns each of its columns comes of; `folder` keeps the answer.

    Parsing all models takes longer than building the little that a minute brings.
    """
    path = folder / f"lineage-{fingerprint()[:12]}.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        replace(path, json.dumps(lineage()).encode())
    return {target: _shown(columns) for target, columns in json.loads(path.read_text()).items()}


def _shown(columns: dict[str, list[tuple[str, str]]]) -> TableColumnLineage:
    return TableColumnLineage(
        {
            name: [
                TableColumnDep(key(target), column) for target, column in deps if target != LOADS
            ]
            for name, deps in columns.items()
        }
    )
