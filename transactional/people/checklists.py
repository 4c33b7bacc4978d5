"""The operator's checklist: what vendors have to show before they may sell."""

from dataclasses import asdict, dataclass

import psycopg

from transactional.database import Row, Transaction
from transactional.errors import ConflictError, NotFoundError

COLUMNS = "checklist_item_id, code, title, country, is_required, is_retired, created_at"


class ChecklistItemUnknownError(NotFoundError):
    """There is no such checklist item, or it is not asked of this vendor."""

    code = "checklist_item_unknown"


class ChecklistCodeTakenError(ConflictError):
    """A checklist item with this code exists already, maybe retired; take another code."""

    code = "checklist_code_taken"


@dataclass(frozen=True, slots=True)
class NewItem:
    """`country` None: asked of every vendor; an item that is not required may stay open."""

    code: str
    title: str
    country: str | None = None
    is_required: bool = True


def create(connection: Transaction, new: NewItem) -> Row:
    """Asked of applicants from now on. Raises ChecklistCodeTakenError."""
    try:
        row = connection.execute(
            "insert into checklist_items (code, title, country, is_required)"
            f" values (%(code)s, %(title)s, %(country)s, %(is_required)s) returning {COLUMNS}",
            asdict(new),
        ).fetchone()
    except psycopg.errors.UniqueViolation as error:
        raise ChecklistCodeTakenError from error
    assert row is not None, "an insert returns its row"
    return row


def list_page(connection: Transaction, after: int, limit: int) -> list[Row]:
    return connection.execute(
        f"select {COLUMNS} from checklist_items where checklist_item_id > %s"
        " order by checklist_item_id limit %s",
        (after, limit),
    ).fetchall()


def retire(connection: Transaction, checklist_item_id: int) -> Row:
    """Asked of nobody any more; what was submitted to it stays. Repeating changes nothing."""
    row = connection.execute(
        "update checklist_items set is_retired = true where checklist_item_id = %s"
        f" returning {COLUMNS}",
        (checklist_item_id,),
    ).fetchone()
    if row is None:
        raise ChecklistItemUnknownError
    return row
