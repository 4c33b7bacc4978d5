"""The route of the audit trail."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from transactional import ids
from transactional.access import audit
from transactional.http.market import Operator, Running
from transactional.http.wire import Answer, AuditId, Limit, Page, page

router = APIRouter(tags=["platform"])
DEFAULT_PAGE = 50

Filter = Annotated[str | None, Query(min_length=1, max_length=200, pattern="^[^\\x00]*$")]


class AuditEntry(Answer):
    """One request that had an effect: who asked, for what, about which ids of its path."""

    audit_id: AuditId
    occurred_at: AwareDatetime
    role: str
    principal: str
    action: str
    subject: str | None
    request_id: str | None


@router.get("/v1/audit")
def read_audit(
    _: Operator,
    market: Running,
    principal: Filter = None,
    subject: Filter = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[AuditEntry]:
    """Newest first; `principal` is a typed id or `operator:<name>`, `subject` a path's id."""
    before = None if cursor is None else ids.internal("aud", cursor)
    with market.database.transaction() as connection:
        rows = audit.list_page(connection, principal, subject, before, limit)
    return page(AuditEntry, rows, limit, "aud", "audit_id")
