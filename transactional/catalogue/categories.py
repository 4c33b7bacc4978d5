"""Categories: a tree, in which a branch can be moved but never under itself."""

import psycopg

from transactional.database import Row, Transaction
from transactional.errors import ConflictError, NotFoundError

COLUMNS = "category_id, parent_id, name"


class CategoryUnknownError(NotFoundError):
    """There is no such category."""

    code = "category_unknown"


class CategoryCycleError(ConflictError):
    """A category cannot be moved under itself or one of its own branches; choose another parent."""

    code = "category_cycle"


def create(connection: Transaction, name: str, parent_id: int | None) -> Row:
    """Raises CategoryUnknownError for the parent."""
    return _written(
        connection,
        "insert into categories (name, parent_id) values (%(name)s, %(parent_id)s)",
        {"name": name, "parent_id": parent_id},
    )


def read(connection: Transaction, category_id: int) -> Row:
    """Raises CategoryUnknownError."""
    row = connection.execute(
        f"select {COLUMNS} from categories where category_id = %s", (category_id,)
    ).fetchone()
    if row is None:
        raise CategoryUnknownError
    return row


def list_page(connection: Transaction, after: int, limit: int) -> list[Row]:
    return connection.execute(
        f"select {COLUMNS} from categories where category_id > %s order by category_id limit %s",
        (after, limit),
    ).fetchall()


def rename(connection: Transaction, category_id: int, name: str) -> Row:
    """Raises CategoryUnknownError."""
    return _written(
        connection,
        "update categories set name = %(name)s where category_id = %(category_id)s",
        {"name": name, "category_id": category_id},
    )


def move(connection: Transaction, category_id: int, parent_id: int | None) -> Row:
    """Put the category, with all its branches, under another parent; None is the top.

    Raises CategoryUnknownError, CategoryCycleError.
    """
    # Two moves at once, each sound alone, could close a circle between them.
    connection.execute("lock table categories in share row exclusive mode")
    if parent_id is not None and category_id in _path(connection, parent_id):
        raise CategoryCycleError
    return _written(
        connection,
        "update categories set parent_id = %(parent_id)s where category_id = %(category_id)s",
        {"parent_id": parent_id, "category_id": category_id},
    )


def paths(connection: Transaction) -> dict[tuple[str, ...], list[int]]:
    """Every category by its names from the top, case-folded; two of one path are listed both."""
    rows = connection.execute(
        "with recursive tree as (select category_id, array[name] as names from categories"
        " where parent_id is null union all"
        " select below.category_id, names || below.name from categories as below"
        " join tree on below.parent_id = tree.category_id)"
        " select category_id, names from tree order by category_id"
    ).fetchall()
    by_path: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        path = tuple(name.strip().casefold() for name in row["names"])
        by_path.setdefault(path, []).append(row["category_id"])
    return by_path


def _path(connection: Transaction, category_id: int) -> set[int]:
    """The category and all those above it."""
    rows = connection.execute(
        "with recursive path as (select category_id, parent_id from categories"
        " where category_id = %s union"
        " select above.category_id, above.parent_id from categories as above"
        " join path on above.category_id = path.parent_id) select category_id from path",
        (category_id,),
    ).fetchall()
    return {row["category_id"] for row in rows}


def _written(connection: Transaction, query: str, values: dict[str, object]) -> Row:
    try:
        row = connection.execute(f"{query} returning {COLUMNS}", values).fetchone()
    except psycopg.errors.ForeignKeyViolation as error:
        raise CategoryUnknownError from error
    if row is None:
        raise CategoryUnknownError
    return row
