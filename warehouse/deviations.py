"""Whether the marts, built in parts from load to load, are what their SQL says of the present."""

import duckdb

from warehouse.graph import Model, models


def deviations(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the marts that differ from their own SQL, with the rows that only one side has.

    Each is compared over the marts it reads as they stand; so where none differs, all of them are
    what a full build would make. Marts of daily cadence show an earlier day and are left out.
    """
    stored = [model for model in models() if not (model.is_view or model.is_daily)]
    found = {model.target: _difference(connection, model) for model in stored}
    return {target: rows for target, rows in found.items() if rows}


def _difference(connection: duckdb.DuckDBPyConnection, model: Model) -> int:
    [(rows,)] = connection.sql(f"""
        with wanted as ({model.sql}),
        only_one_side as (
            (from {model.target} except all from wanted)
            union all
            (from wanted except all from {model.target})
        )
        select count(*) from only_one_side
    """).fetchall()
    return int(rows)
