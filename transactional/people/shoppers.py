"""Shoppers, and the visitors they were before they signed in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from transactional.database import Row, Transaction
from transactional.errors import ConflictError, NotFoundError


class ShopperUnknownError(NotFoundError):
    """There is no such shopper."""

    code = "shopper_unknown"


class EmailTakenError(ConflictError):
    """A shopper with this e-mail address exists already."""

    code = "email_taken"


class VisitorMergedError(ConflictError):
    """This visitor signed in as another shopper before; give the browser a new visitor id."""

    code = "visitor_merged"


@dataclass(frozen=True, slots=True)
class NewShopper:
    email: str | None
    name: str | None
    country: str | None = None
    region: str | None = None


def create(connection: Transaction, new: NewShopper) -> Row:
    """Raises EmailTakenError."""
    try:
        row = connection.execute(
            "insert into shoppers (email, name, country, region) values (%s, %s, %s, %s)"
            " returning shopper_id, shopper_pseudonym, email, name, country, region, created_at",
            (new.email, new.name, new.country, new.region),
        ).fetchone()
    except psycopg.errors.UniqueViolation as error:
        raise EmailTakenError from error
    assert row is not None, "an insert returns its row"
    return row


def read(connection: Transaction, shopper_id: int) -> Row:
    """Raises ShopperUnknownError."""
    row = connection.execute(
        "select shopper_id, shopper_pseudonym, email, name, country, region, created_at"
        " from shoppers where shopper_id = %s",
        (shopper_id,),
    ).fetchone()
    if row is None:
        raise ShopperUnknownError
    return row


def pseudonyms(connection: Transaction, shopper_ids: Iterable[int]) -> dict[int, int]:
    """By shopper id; who does not exist is left out."""
    rows = connection.execute(
        "select shopper_id, shopper_pseudonym from shoppers where shopper_id = any(%s)",
        (list(shopper_ids),),
    )
    return {row["shopper_id"]: row["shopper_pseudonym"] for row in rows}


def meet_visitor(connection: Transaction, visitor_id: UUID) -> int:
    """The visitor's pseudonym, given at the first meeting."""
    connection.execute(
        "insert into visitors (visitor_id) values (%s) on conflict do nothing", (visitor_id,)
    )
    row = connection.execute(
        "select visitor_pseudonym from visitors where visitor_id = %s", (visitor_id,)
    ).fetchone()
    assert row is not None, "it was inserted above"
    pseudonym: int = row["visitor_pseudonym"]
    return pseudonym


def merge_visitor(
    connection: Transaction, visitor_id: UUID, shopper_pseudonym: int, now: datetime
) -> None:
    """What the visitor did counts as the shopper's from now on. Raises VisitorMergedError."""
    meet_visitor(connection, visitor_id)
    merged = connection.execute(
        "update visitors set merged_into_pseudonym = %s, merged_at = coalesce(merged_at, %s)"
        " where visitor_id = %s and coalesce(merged_into_pseudonym, %s) = %s",
        (shopper_pseudonym, now, visitor_id, shopper_pseudonym, shopper_pseudonym),
    )
    if merged.rowcount == 0:
        raise VisitorMergedError
