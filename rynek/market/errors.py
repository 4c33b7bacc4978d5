"""What can stop a generation."""

from rynek.history.errors import HistoryError


class ScaleUnknownError(HistoryError):
    """There is no market of that scale; `rynek generate --help` lists them."""

    code = "scale_unknown"
