"""Tokens from the machine that holds the market, and a link that opens its pages with one."""

from datetime import timedelta
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from rynek.local import roster
from rynek.local.errors import NotRunningError
from rynek.local.home import opened
from rynek.local.servers import running
from transactional import ids
from transactional.access import tokens

TOKEN_LIFETIME = timedelta(days=1)
HOLDER = "the owner of the installation"


def mint(database_url: str, role: tokens.Role, subject_id: int | None = None) -> str:
    """A token for a day, minted where only the installation's owner can: in its database.

    Raises SubjectUnknownError.
    """
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        return tokens.mint(connection, role, subject_id, TOKEN_LIFETIME, name=HOLDER)


def link(root: Path, subject: str | None = None) -> str:
    """Sign in the vendor or shopper of this id for a day; where none is named, an operator.

    Raises NotRunningError, IdInvalidError and SubjectUnknownError.
    """
    serving = roster.states(opened(root)).get("serving")
    if serving is None:
        raise NotRunningError(f"nobody serves pages for {root}. `rynek up` starts the market.")
    role, subject_id = _named(subject)
    with running(root, names=("postgres",)) as addresses:
        token = mint(addresses.database_url, role, subject_id)
    return f"{serving.facts['url']}/sign-in#token={token}"


def _named(subject: str | None) -> tuple[tokens.Role, int | None]:
    if subject is None:
        return "operator", None
    role: tokens.Role = "shopper" if subject.startswith("shp") else "vendor"
    return role, ids.internal(tokens.SUBJECT_PREFIX[role], subject)
