"""Bytes of a CSV file, as they come, into numbered records; only an unfinished one is remembered.

Quotes follow RFC 4180. One that is opened and never closed costs its own line, not the rest of the
file: the lines behind it are read again, each on its own.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

DELIMITERS = ",;\t|"
MOST_LINES_OF_A_RECORD = 50
LONGEST_LINE = 65_536
ENCODINGS = ("utf-8", "windows-1250", "windows-1252", "iso-8859-1", "iso-8859-2", "iso-8859-15")
UNFINISHED = "unexpected end of data"


@dataclass(frozen=True, slots=True)
class Record:
    """`line` is where it begins, from 1; `problem` says why there are no cells."""

    line: int
    cells: list[str]
    problem: str | None = None


class Records:
    """A file in one of ENCODINGS, or in UTF-16 with its mark; bytes that are none become U+FFFD."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self._encoding = encoding
        self._newlines: io.IncrementalNewlineDecoder | None = None
        self._delimiter: str | None = None
        self._rest = ""
        self._line = 0
        self._open: list[tuple[int, str]] = []
        self._is_overlong = False

    def feed(self, chunk: bytes, *, is_last: bool = False) -> Iterator[Record]:
        """The records that this chunk completes; with the last chunk all that are left."""
        if self._newlines is None and (chunk or is_last):
            self._newlines = _decoder(self._encoding, chunk)
        if self._newlines is None:
            return
        *lines, self._rest = (self._rest + self._newlines.decode(chunk, is_last)).split("\n")
        for line in lines:
            yield from self._take_line(line)
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._is_overlong = "", True
        if is_last:
            if self._rest or self._is_overlong:
                yield from self._take_line(self._rest)
            yield from self._give_up_open()

    def _take_line(self, line: str) -> Iterator[Record]:
        self._line += 1
        if self._is_overlong or len(line) > LONGEST_LINE:
            self._is_overlong = False
            yield from self._give_up_open()
            yield Record(self._line, [], f"a line has at most {LONGEST_LINE} characters")
        elif self._delimiter is None:
            yield from self._take_first_line(line)
        else:
            yield from self._extend(self._line, line)

    def _take_first_line(self, line: str) -> Iterator[Record]:
        """The delimiter is what the header has most of; a spreadsheet may name it before."""
        if line.lower().startswith("sep=") and len(line) == len("sep=,"):
            self._delimiter = line[-1]
        elif line.strip():
            self._delimiter = max(DELIMITERS, key=line.count)
            yield from self._extend(self._line, line)

    def _extend(self, number: int, line: str) -> Iterator[Record]:
        self._open.append((number, line))
        try:
            cells = self._cells()
        except csv.Error as error:
            is_unfinished = str(error) == UNFINISHED
            if not is_unfinished:
                yield self._refused(str(error))
            elif len(self._open) >= MOST_LINES_OF_A_RECORD:
                yield from self._give_up_first()
        else:
            begins, self._open = self._open[0][0], []
            if any(cell.strip() for cell in cells):
                yield Record(begins, cells)

    def _cells(self) -> list[str]:
        lines = (f"{line}\n" for _, line in self._open)
        assert self._delimiter is not None, "the first line gave it"
        return next(csv.reader(lines, delimiter=self._delimiter, strict=True))

    def _refused(self, problem: str) -> Record:
        begins, self._open = self._open[0][0], []
        return Record(begins, [], problem)

    def _give_up_first(self) -> Iterator[Record]:
        """The first line's quote is never closed: refuse it, read the lines behind it again."""
        (begins, _), *others = self._open
        self._open = []
        yield Record(begins, [], "a quote is opened and never closed")
        for number, line in others:
            yield from self._extend(number, line)

    def _give_up_open(self) -> Iterator[Record]:
        while self._open:
            yield from self._give_up_first()


def _decoder(declared: str, beginning: bytes) -> io.IncrementalNewlineDecoder:
    is_utf_16 = beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if is_utf_16 else "utf-8-sig" if declared == "utf-8" else declared
    return io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), True)
