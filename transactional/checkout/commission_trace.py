"""Why a line paid the commission it did: what it froze, and the rules that lost."""

from dataclasses import dataclass

from transactional.checkout import commission
from transactional.checkout.commission import CommissionRule, Judged
from transactional.database import Row, Transaction, statement
from transactional.errors import NotFoundError

# The rules that ever reached one vendor's category; more than an operator can have meant.
MOST_RULES_TOLD = 200


class LineUnknownError(NotFoundError):
    """This vendor order has no such line."""

    code = "line_unknown"


@dataclass(frozen=True, slots=True)
class Trace:
    """`line` is what the line froze; `rules` were judged at its sale, the winner first."""

    line: Row
    rules: list[Judged]


def of_line(connection: Transaction, vendor_order_id: int, line_id: int) -> Trace:
    """Raises LineUnknownError."""
    line = connection.execute(
        statement("commission_of_line"), {"vendor_order_id": vendor_order_id, "line_id": line_id}
    ).fetchone()
    if line is None:
        raise LineUnknownError
    judged = commission.explain(
        _reaching(connection, line),
        line["commission_rule_id"],
        line["vendor_id"],
        line["lineage"],
        line["placed_at"],
    )
    return Trace(line, judged)


def _reaching(connection: Transaction, line: Row) -> list[CommissionRule]:
    """Also those that have ended; never another vendor's. The applied one is always among them."""
    rows = connection.execute(
        "select commission_rule_id, vendor_id, category_id, rate, valid_from, valid_until"
        " from commission_rules where commission_rule_id = %(applied)s"
        " or ((vendor_id is null or vendor_id = %(vendor_id)s)"
        "     and (category_id is null or category_id = any(%(lineage)s)))"
        " order by commission_rule_id = %(applied)s desc nulls last, valid_from desc"
        " limit %(limit)s",
        {
            "applied": line["commission_rule_id"],
            "vendor_id": line["vendor_id"],
            "lineage": line["lineage"],
            "limit": MOST_RULES_TOLD,
        },
    )
    return [CommissionRule(**row) for row in rows]
