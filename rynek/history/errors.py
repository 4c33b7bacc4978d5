"""What can stop an import, each with a stable code and the next step."""

from pathlib import Path
from typing import ClassVar


class HistoryError(Exception):
    """The history could not be imported; nothing was written."""

    code: ClassVar[str] = "history_error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class DataFolderInvalidError(HistoryError):
    """The folder does not hold the tables that this import reads; nothing was written."""

    code = "data_folder_invalid"

    @classmethod
    def missing_file(cls, file: Path) -> "DataFolderInvalidError":
        present = (
            sorted(path.name for path in file.parent.glob("*")) if file.parent.is_dir() else []
        )
        found = ", ".join(present[:20]) or "no such folder, or nothing in it"
        return cls(f"{file} is missing (found: {found}); nothing was written")

    @classmethod
    def unreadable(cls, file: Path, reason: str) -> "DataFolderInvalidError":
        return cls(f"{file} is not a readable Parquet file ({reason}); nothing was written")

    @classmethod
    def missing_column(cls, file: Path, column: str, found: list[str]) -> "DataFolderInvalidError":
        return cls(
            f"{file} has no column {column} (found: {', '.join(found)}); nothing was written"
        )

    @classmethod
    def wrong_type(
        cls, file: Path, column: str, wanted: str, found: str
    ) -> "DataFolderInvalidError":
        return cls(f"{file}, column {column}: wanted {wanted}, found {found}; nothing was written")

    @classmethod
    def empty_cells(cls, file: Path, column: str, count: int) -> "DataFolderInvalidError":
        return cls(f"{file}, column {column}: {count:,} cells are empty; nothing was written")


class DatasetUnknownError(HistoryError):
    """There is no import of that name; choose olist, online-retail or complete-journey."""

    code = "dataset_unknown"


class CurrencyMismatchError(HistoryError):
    """An installation has one currency; import this history into a fresh RYNEK_HOME."""

    code = "currency_mismatch"


class TotalsMismatchError(HistoryError):
    """The totals read back from Postgres are not the known ones; nothing was kept."""

    code = "totals_mismatch"


class HistoryInconsistentError(HistoryError):
    """The rows of this history contradict each other; nothing was written."""

    code = "history_inconsistent"
