"""Writing a history's journals and postings, balanced per journal, in one COPY each."""

import polars as pl
from psycopg import Connection, sql

from rynek.history.copying import Copier, query
from rynek.history.identifiers import reserve
from rynek.history.ledger import ACCOUNTS, journals_of, moving

_PLATFORM_ACCOUNTS = [kind for kind in ACCOUNTS.categories if kind != "vendor_payable"]


def write_books(copier: Copier, postings: pl.DataFrame, currency: str) -> None:
    """Write `postings`, as rynek.history.ledger makes them, and their journals."""
    journals = journals_of(postings, currency)
    journals = journals.with_columns(
        reserve(copier.connection, "journals", "journal_id", journals.height)
    )
    copier.append("journals", journals.drop("subject_id"))
    moved = moving(postings)
    accounts = _accounts(copier.connection, moved["vendor_id"].drop_nulls().unique())
    copier.append("postings", _addressed(moved, journals, accounts))


def _addressed(
    postings: pl.DataFrame, journals: pl.DataFrame, accounts: pl.DataFrame
) -> pl.DataFrame:
    numbered = postings.join(
        journals.select("kind", "subject_id", "journal_id"), on=["kind", "subject_id"]
    )
    return (
        numbered.join(accounts, on=["account", "vendor_id"], nulls_equal=True)
        .select("journal_id", "account_id", "amount_cents")
        .sort("journal_id", "account_id")
    )


def open_platform_accounts(connection: Connection) -> None:
    """Open the accounts that every sale posts to.

    Committed before the long transaction of an import begins: a live sale that found them
    missing would else wait for its end.
    """
    connection.execute(
        "insert into accounts (kind) select unnest(%s::text[]) on conflict do nothing",
        [_PLATFORM_ACCOUNTS],
    )


def _accounts(connection: Connection, vendor_ids: pl.Series) -> pl.DataFrame:
    """account, vendor_id, account_id of the platform's accounts and of `vendor_ids`' payables."""
    connection.execute(
        """insert into accounts (kind, vendor_id)
           select 'vendor_payable', vendor_id from unnest(%s::bigint[]) as vendor_id
           on conflict do nothing""",
        [vendor_ids.to_list()],
    )
    return query(
        connection,
        sql.SQL("select kind, vendor_id, account_id from accounts"),
        {"account": ACCOUNTS, "vendor_id": pl.Int64, "account_id": pl.Int64},
    )
