"""Other markets' pasts: public data sets brought into the market's tables by one bulk path."""

from rynek.history.imports import import_dataset
from rynek.history.report import ImportReport

__all__ = ["ImportReport", "import_dataset"]
