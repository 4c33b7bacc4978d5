"""Bearer tokens: opaque, random, stored hashed.

`python -m transactional.access.tokens operator` prints one.

`rk_<role>_<random>` tells a reader whose token leaked, and tells a thief of the table nothing.
"""

import argparse
import hashlib
import os
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

import psycopg
from msgspec import Struct
from psycopg.rows import dict_row

from transactional import ids
from transactional.database import Transaction
from transactional.errors import ForbiddenError, NotFoundError, RefusedError
from transactional.facts import outbox

Role = Literal["shopper", "vendor", "operator", "service"]
ROLES: tuple[Role, ...] = get_args(Role)
Scope = Literal["read", "write"]
SUBJECT_PREFIX = {"shopper": "shp", "vendor": "ven"}
LONGEST_LIFETIME = timedelta(days=400)
NOT_LIVING = "this token is unknown, expired or revoked; mint a new one"


class SubjectInvalidError(RefusedError):
    """A shopper's or vendor's token names its subject (shp_… or ven_…); other roles have none."""

    code = "subject_invalid"


class SubjectUnknownError(NotFoundError):
    """There is no such shopper or vendor; create it first."""

    code = "subject_unknown"


class LifetimeInvalidError(RefusedError):
    """A token lives between a second and 400 days."""

    code = "lifetime_invalid"


class ScopeMissingError(ForbiddenError):
    """This token has no scope `write`, so it only reads; mint one that has it."""

    code = "scope_missing"


class Caller(Struct, frozen=True):
    """Who is asking."""

    role: Role
    subject_id: int | None
    shopper_pseudonym: int | None
    expires_at: datetime
    scopes: list[Scope]
    name: str | None
    fingerprint: str
    """The beginning of the token's hash: tells apart those who have neither subject nor name."""

    @property
    def may_write(self) -> bool:
        """A token without scopes may do whatever its role may."""
        return not self.scopes or "write" in self.scopes

    @property
    def subject(self) -> str | None:
        return describe_subject(self.role, self.subject_id)

    @property
    def principal(self) -> str:
        """Whose idempotency keys and audit rows these are."""
        return self.subject or f"{self.role}:{self.name or self.fingerprint}"


def describe_subject(role: Role, subject_id: int | None) -> str | None:
    return None if subject_id is None else ids.external(SUBJECT_PREFIX[role], subject_id)


def mint(
    connection: Transaction,
    role: Role,
    subject_id: int | None,
    lifetime: timedelta,
    scopes: Sequence[Scope] = (),
    name: str | None = None,
) -> str:
    """A new token; only its hash is kept. `name` is the person's or program's who will hold it.

    Raises SubjectInvalidError, SubjectUnknownError, LifetimeInvalidError.
    """
    if (role in SUBJECT_PREFIX) != (subject_id is not None):
        raise SubjectInvalidError
    if not timedelta(seconds=1) <= lifetime <= LONGEST_LIFETIME:
        raise LifetimeInvalidError
    if subject_id is not None:
        _demand_subject(connection, role, subject_id)
    token = f"rk_{role}_{secrets.token_urlsafe(32)}"
    connection.execute(
        "insert into tokens (token_hash, role, subject_id, expires_at, scopes, name)"
        " values (%s, %s, %s, clock_timestamp() + %s, %s, %s)",
        (token_hash(token), role, subject_id, lifetime, list(scopes), name),
    )
    return token


def introspect(connection: Transaction, token: str) -> Caller | None:
    """Whose living token this is; None where it is unknown, expired or revoked."""
    row = connection.execute(
        "select role, subject_id, shopper_pseudonym, expires_at, scopes, tokens.name,"
        " left(encode(token_hash, 'hex'), 8) as fingerprint"
        " from tokens left join shoppers on role = 'shopper' and shopper_id = subject_id"
        " where token_hash = %s and revoked_at is null and expires_at > clock_timestamp()",
        (token_hash(token),),
    ).fetchone()
    return None if row is None else Caller(**row)


def revoke(connection: Transaction, token: str) -> bool:
    """End a token and tell everyone who cached it; False where there was nothing to end."""
    hashed = token_hash(token)
    row = connection.execute(
        "update tokens set revoked_at = clock_timestamp()"
        " where token_hash = %s and revoked_at is null returning revoked_at",
        (hashed,),
    ).fetchone()
    if row is not None:
        outbox.write(connection, "token.revoked", hashed.hex(), 1, {}, row["revoked_at"])
    return row is not None


def revoke_all(connection: Transaction, role: Role, subject_id: int) -> None:
    """End every token of a subject, and tell everyone who cached one."""
    revoked = connection.execute(
        "update tokens set revoked_at = clock_timestamp()"
        " where role = %s and subject_id = %s and revoked_at is null"
        " returning token_hash, revoked_at",
        (role, subject_id),
    ).fetchall()
    for row in revoked:
        outbox.write(connection, "token.revoked", row["token_hash"].hex(), 1, {}, row["revoked_at"])


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _demand_subject(connection: Transaction, role: Role, subject_id: int) -> None:
    query = (
        "select from shoppers where shopper_id = %s"
        if role == "shopper"
        else "select from vendors where vendor_id = %s"
    )
    if connection.execute(query, (subject_id,)).rowcount == 0:
        raise SubjectUnknownError(subject=describe_subject(role, subject_id))


def main() -> None:
    """Mint a first token from the machine that holds DATABASE_URL."""
    parser = argparse.ArgumentParser(prog="python -m transactional.access.tokens")
    parser.add_argument("role", choices=ROLES)
    parser.add_argument("--subject", help="shp_… or ven_…")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--name", help="who will hold it; an audit row says so")
    parser.add_argument("--scope", action="append", default=[], choices=get_args(Scope))
    asked = parser.parse_args()
    subject_id = asked.subject and ids.internal(SUBJECT_PREFIX.get(asked.role, "?"), asked.subject)
    with psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row) as connection:
        lifetime = timedelta(days=asked.days)
        token = mint(connection, asked.role, subject_id, lifetime, asked.scope, asked.name)
        print(token)  # noqa: T201 - its output


if __name__ == "__main__":
    main()
