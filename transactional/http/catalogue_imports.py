"""Routes of catalogue imports: a CSV file streamed in, its report, and its errors."""

import csv
import hashlib
import io
from collections.abc import AsyncIterator, Iterator
from email.message import Message
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import AwareDatetime
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from transactional import ids
from transactional.access.tokens import Caller
from transactional.catalogue import imports
from transactional.catalogue.csv_records import ENCODINGS
from transactional.catalogue.imports import Claim, ImportKeyReusedError
from transactional.catalogue.intake import Intake, terms_of
from transactional.catalogue.rows import COLUMNS, FORMULA
from transactional.database import Row
from transactional.errors import RefusedError
from transactional.http.market import Market, Running, VendorOrOperator
from transactional.http.vendors import demand_own_vendor
from transactional.http.wire import Answer, ImportId, Limit, Page, VendorId, page
from transactional.people import vendors

router = APIRouter(tags=["catalogue"])
DEFAULT_PAGE = 50
# Parsed and written in a thread each: large enough to be worth one, small enough to be bounded.
CHUNK_BYTES = 256 * 1024
FAULTS_AT_ONCE = 1_000

CSV_BODY = {
    "requestBody": {
        "required": True,
        "description": "The first line names the columns, in any order. "
        + " ".join(f"`{name}`: {meaning}." for name, meaning in COLUMNS.items()),
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}
CSV_ANSWER = {"description": "The errors as CSV.", "content": {"text/csv": {}}}
RISKY = (*FORMULA, "+", "-")


class FileTypeInvalidError(RefusedError):
    """A catalogue is sent as text/csv, in UTF-8 or with one of the charsets in `charsets`."""

    code = "file_type_invalid"


class Import(Answer):
    """`rows_kept` counts unchanged rows too, so a repeated file keeps all and changes none."""

    catalogue_import_id: ImportId
    vendor_id: VendorId
    status: Literal["reading", "finished", "broken_off"]
    rows_read: int
    rows_kept: int
    rows_refused: int
    offers_created: int
    offers_changed: int
    started_at: AwareDatetime
    finished_at: AwareDatetime | None


class ImportFault(Answer):
    """`column` is "(row)" where a whole row is at fault; `value` is cut after 200 characters."""

    line: int
    column: str
    reason: str
    value: str | None


class ImportFaults(Answer):
    data: list[ImportFault]
    next_cursor: str | None


@router.post(
    "/v1/vendors/{vendor_id}/catalogue-imports",
    status_code=201,
    response_model=Import,
    openapi_extra=CSV_BODY,
)
async def import_catalogue(
    vendor_id: VendorId,
    request: Request,
    who: VendorOrOperator,
    market: Running,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=255)],
) -> JSONResponse:
    """Good rows are kept as they come, every bad one is reported; at most 64 MB and 250,000 rows.

    A file that broke off is sent again, with the same key or another: rows kept change nothing.
    """
    demand_own_vendor(who, vendor_id)
    encoding = _encoding(request.headers.get("content-type", ""))
    begun = await run_in_threadpool(_begin, market, vendor_id, key, encoding)
    if isinstance(begun, Intake):
        return _report(await _read_in(market, begun, request), is_replayed=False)
    await _demand_same_file(request, begun["body_hash"])
    return _report(begun, is_replayed=True)


@router.get("/v1/vendors/{vendor_id}/catalogue-imports")
def list_imports(
    vendor_id: VendorId,
    who: VendorOrOperator,
    market: Running,
    cursor: str | None = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[Import]:
    """Newest first."""
    demand_own_vendor(who, vendor_id)
    before = ids.LARGEST_KEY if cursor is None else ids.internal("imp", cursor)
    with market.database.transaction() as connection:
        vendors.read(connection, vendor_id)
        now = market.clock()
        rows = imports.list_of_vendor(connection, vendor_id, before, limit, now)
    return page(Import, rows, limit, "imp", "catalogue_import_id")


@router.get("/v1/catalogue-imports/{catalogue_import_id}")
def read_import(catalogue_import_id: ImportId, who: VendorOrOperator, market: Running) -> Import:
    """How far it is, or what came of it."""
    return Import.of(_own(market, who, catalogue_import_id))


@router.get("/v1/catalogue-imports/{catalogue_import_id}/errors")
def list_import_errors(
    catalogue_import_id: ImportId,
    who: VendorOrOperator,
    market: Running,
    cursor: Annotated[str | None, Query(pattern="^[0-9]{1,18}:[a-z_()]{0,30}$")] = None,
    limit: Limit = DEFAULT_PAGE,
) -> ImportFaults:
    """By line and column."""
    _own(market, who, catalogue_import_id)
    rows = _faults_behind(market, catalogue_import_id, cursor, limit)
    cursor = _cursor(rows[-1]) if len(rows) == limit else None
    return ImportFaults(data=ImportFault.of_all(rows), next_cursor=cursor)


@router.get(
    "/v1/catalogue-imports/{catalogue_import_id}/errors.csv",
    response_class=StreamingResponse,
    responses={200: CSV_ANSWER},
)
def export_import_errors(
    catalogue_import_id: ImportId, who: VendorOrOperator, market: Running
) -> StreamingResponse:
    """All errors for a spreadsheet; a value that one would run as a formula begins with '."""
    _own(market, who, catalogue_import_id)
    return StreamingResponse(_csv_lines(market, catalogue_import_id), media_type="text/csv")


def _begin(market: Market, vendor_id: int, key: str, encoding: str) -> Intake | Row:
    with market.database.transaction() as connection:
        vendors.read(connection, vendor_id)
        terms = terms_of(connection)
        begun = imports.begin(connection, vendor_id, key, market.clock())
    if isinstance(begun, Claim):
        return Intake(market.database, begun, terms, encoding, market.clock)
    return begun


async def _read_in(market: Market, intake: Intake, request: Request) -> Row:
    """Rows that were kept stay, whatever ends the stream before its end."""
    is_finished = False
    try:
        async for chunk in _chunks(request):
            await run_in_threadpool(intake.take, chunk)
        report = await run_in_threadpool(intake.finish)
        is_finished = True
        return report
    except ClientDisconnect as error:
        raise RefusedError("the connection broke off; send the file again") from error
    finally:
        if not is_finished:
            await run_in_threadpool(imports.break_off, market.database, intake.claim)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    waiting = bytearray()
    async for part in request.stream():
        waiting += part
        if len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


async def _demand_same_file(request: Request, body_hash: bytes) -> None:
    digest = hashlib.sha256()
    async for part in request.stream():
        digest.update(part)
    if digest.digest() != body_hash:
        raise ImportKeyReusedError


def _report(row: Row, *, is_replayed: bool) -> JSONResponse:
    headers = {"Idempotent-Replayed": "true"} if is_replayed else None
    return JSONResponse(Import.of(row).model_dump(mode="json"), 201, headers)


def _encoding(content_type: str) -> str:
    """Raises FileTypeInvalidError."""
    header = Message()
    header["content-type"] = content_type or "text/csv"
    charset = header.get_content_charset("utf-8")
    charset = "utf-8" if charset in ("utf8", "us-ascii", "utf-16") else charset
    if header.get_content_type() != "text/csv" or charset not in ENCODINGS:
        raise FileTypeInvalidError(charsets=list(ENCODINGS))
    return charset


def _own(market: Market, who: Caller, catalogue_import_id: int) -> Row:
    """A foreign import is as good as none."""
    with market.database.transaction() as connection:
        found = imports.read(connection, catalogue_import_id, market.clock())
    if who.role == "vendor" and who.subject_id != found["vendor_id"]:
        raise imports.ImportUnknownError
    return found


def _faults_behind(
    market: Market, catalogue_import_id: int, cursor: str | None, limit: int
) -> list[Row]:
    line, _, column = (cursor or "0:").partition(":")
    with market.database.transaction() as connection:
        return imports.faults(connection, catalogue_import_id, int(line), column, limit)


def _cursor(fault: Row) -> str:
    return f"{fault['line']}:{fault['column']}"


def _csv_lines(market: Market, catalogue_import_id: int) -> Iterator[str]:
    """Page by page, each in its own transaction: a slow reader holds none open."""
    columns = ("line", "column", "reason", "value")
    yield _csv([columns])
    cursor = None
    while rows := _faults_behind(market, catalogue_import_id, cursor, FAULTS_AT_ONCE):
        yield _csv([tuple(_harmless(row[name]) for name in columns) for row in rows])
        cursor = _cursor(rows[-1])


def _csv(rows: list[tuple[object, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(RISKY) else value
