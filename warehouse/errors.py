"""The warehouse's errors: a stable code for programs, and a sentence that says what to do next."""

# ruff: noqa: N818 — an error is named by what is the case; its base class says that it is an error.

from typing import ClassVar


class WarehouseError(Exception):
    """The warehouse could not do what was asked; its log names the step."""

    code: ClassVar[str] = "warehouse_error"

    def __init__(self, detail: str = "") -> None:
        summary = " ".join((type(self).__doc__ or "").split())
        super().__init__(f"{summary} ({detail})" if detail else summary)
        self.detail = detail


class SnapshotMissing(WarehouseError):
    """Nothing has been published yet: run `rynek pipeline run` first."""

    code = "snapshot_missing"


class SnapshotCorrupt(WarehouseError):
    """A published file is gone or altered: run `rynek pipeline run` to publish it anew."""

    code = "snapshot_corrupt"


class SnapshotVersionUnsupported(SnapshotCorrupt):
    """This snapshot was written by a newer DuckDB: install that one here, or roll back to a
    snapshot that this one reads (`rynek snapshots list`)."""

    code = "snapshot_version_unsupported"


class MartUnpublished(WarehouseError):
    """This snapshot does not hold a table or column that was asked for. An older release published
    it: run `rynek pipeline run`, and the next one will."""

    code = "mart_unpublished"


class SnapshotUnknown(WarehouseError):
    """No snapshot of this id is kept: `rynek snapshots list` shows those that are."""

    code = "snapshot_unknown"


class SnapshotPredatesErasure(WarehouseError):
    """A shopper was erased after this snapshot, which would bring them back: choose a newer one."""

    code = "snapshot_predates_erasure"


class FactsPruned(WarehouseError):
    """The facts since this snapshot are kept no longer, so figures could not be live on it: choose
    a newer one."""

    code = "facts_pruned"


class WarehouseBusy(WarehouseError):
    """Another run holds the warehouse: wait for it to end, or cancel it, then run again."""

    code = "warehouse_busy"


class SourceUnreachable(WarehouseError):
    """Postgres did not answer: check PIPELINE_DATABASE_URL and that the server is up."""

    code = "source_unreachable"


class SourceNotReady(WarehouseError):
    """The source has no market in it yet: import or generate one, then run again."""

    code = "source_not_ready"


class ColumnContractBroken(WarehouseError):
    """A loaded column is gone, changed or withheld, and nothing was written: mend the schema, or
    the contract in warehouse/tables.py."""

    code = "column_contract_broken"


class RowVersionInFuture(WarehouseError):
    """A row carries a transaction id that its database has not reached, as after a logical restore:
    stamp every row_version anew or raise the cluster's epoch before loading."""

    code = "row_version_in_future"


class ModelGraphBroken(WarehouseError):
    """A SQL model refers to a table that is neither loaded nor modelled, or to itself in a circle:
    mend its FROM clause."""

    code = "model_graph_broken"


class MartsMissing(WarehouseError):
    """There are no marts yet: load and build first, as `rynek pipeline run` does."""

    code = "marts_missing"


class ChecksMissing(WarehouseError):
    """The marts as they stand have not been checked: run the checks before publishing."""

    code = "checks_missing"


class CheckFailed(WarehouseError):
    """A blocking check failed, so nothing was published and the last good snapshot stays served:
    mend the data or the model that the check names, then run again."""

    code = "check_failed"
