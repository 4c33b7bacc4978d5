"""List objects: newest first, a page at a time, by cursor."""

from collections.abc import Sequence
from typing import Final

from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.parameters import CreatedRange, Cursor, Page
from rynek.local.stripe.refusals import InvalidParameter, Json, missing
from rynek.local.stripe.store import Record

MAX_PAGE: Final = 100
COMPARISONS: Final = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

Condition = tuple[str, tuple[object, ...]]
"""A piece of a where clause and its values."""


def page_of(call: Call, kind: str, page: Cursor, filters: Sequence[Condition] = ()) -> list[Record]:
    """One page plus one record, so that the caller knows whether there are more."""
    if not 1 <= page.limit <= MAX_PAGE:
        raise InvalidParameter(f"limit must be between 1 and {MAX_PAGE}.", param="limit")
    conditions = [*filters, *created(page), *cursor(call, kind, page)]
    where = " and ".join(["true", *(clause for clause, _ in conditions)])
    values = tuple(value for _, bound in conditions for value in bound)
    order = "asc" if page.ending_before else "desc"
    return call.books.select(kind, where, values, f"order by seq {order} limit {page.limit + 1}")


def listed(call: Call, kind: str, page: Cursor, filters: Sequence[Condition] = ()) -> Answer:
    """The answer to a list request over `kind`."""
    return envelope(call, page, page_of(call, kind, page, filters))


def envelope(call: Call, page: Cursor, records: list[Record]) -> Answer:
    shown = records[: page.limit]
    if page.ending_before:
        shown.reverse()
    return ok(
        {
            "object": "list",
            "data": [record.body for record in shown],
            "has_more": len(records) > page.limit,
            "url": call.path["route"],
        }
    )


def empty(url: str) -> Json:
    """A list object without members, as sub-resources start."""
    return {"object": "list", "data": [], "has_more": False, "url": url}


def equal(member: str, value: str | None) -> list[Condition]:
    """Filter on a member of the body; no filter when the value is not given."""
    return [(f"body ->> '$.{member}' = ?", (value,))] if value is not None else []


def created(page: Cursor) -> list[Condition]:
    if not isinstance(page, Page):
        return []
    if isinstance(page.created, CreatedRange):
        bounds = {name: getattr(page.created, name) for name in COMPARISONS}
        return [
            (f"created {COMPARISONS[name]} ?", (bound,))
            for name, bound in bounds.items()
            if bound is not None
        ]
    return [("created = ?", (page.created,))] if page.created is not None else []


def cursor(call: Call, kind: str, page: Cursor) -> list[Condition]:
    if page.starting_after and page.ending_before:
        raise InvalidParameter("Give starting_after or ending_before, not both.", param="limit")
    if page.starting_after:
        return [("seq < ?", (seq(call, kind, page.starting_after, "starting_after"),))]
    if page.ending_before:
        return [("seq > ?", (seq(call, kind, page.ending_before, "ending_before"),))]
    return []


def seq(call: Call, kind: str, object_id: str, param: str) -> int:
    record = call.books.find(kind, object_id)
    if record is None:
        raise missing(kind, object_id, param=param)
    return record.seq
