"""Why a run failed, in our own words: Dagster wraps what was raised, and a check's objection."""

from collections.abc import Iterator
from typing import Any

from dagster import AssetCheckEvaluation

from models.errors import ModelsError
from pipelines.errors import PipelineError
from warehouse.errors import WarehouseError


def cause(error: Any) -> str:
    """Return the innermost error's code and message."""
    if error is None:
        return "the run failed; its log in the Dagster UI tells more"
    while error.cause:
        error = error.cause
    kind, _, message = str(error.message).strip().partition(": ")
    return f"{_codes().get(kind, kind)}: {message}"


def objection(check: AssetCheckEvaluation) -> str | None:
    """Return what a check that failed has found; None for one that passed or says nothing."""
    if check.passed or "detail" not in check.metadata:
        return None
    return f"{check.check_name}: {check.metadata['detail'].value}"


def _codes() -> dict[str, str]:
    """Return our errors' codes by the name under which Dagster writes them down."""
    families = (ModelsError, PipelineError, WarehouseError)
    kinds = [kind for family in families for kind in _with_descendants(family)]
    return {f"{kind.__module__}.{kind.__qualname__}": kind.code for kind in kinds}


def _with_descendants(kind: Any) -> Iterator[Any]:
    yield kind
    for child in kind.__subclasses__():
        yield from _with_descendants(child)
