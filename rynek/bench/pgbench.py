"""The peer: pgbench, C and prepared, sending the statements of one order per transaction.

The statements are not written down a second time. An order is placed by the core's own desk, in a
transaction that is undone, and what it sends is recorded; its keys are numbers that stand nowhere
else, so that each can be replaced by a variable of pgbench.
"""

import re
import subprocess
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from rynek.bench.recording import rehearsal
from rynek.bench.stalls import Stalls
from transactional.access.tokens import token_hash
from transactional.checkout.carts import Wanted
from transactional.database import Database, Transaction
from transactional.http.order_answers import newly_placed
from transactional.ordering.placement import Application, Desk, Placed

# Numbers that stand nowhere else → the variable each becomes.
OFFERS, VENDORS, SHOPPER, NONCE = (
    (900_000_001, 900_000_002),
    (900_000_011, 900_000_012),
    900_000_021,
    900_000_031,
)
VARIABLES = {
    OFFERS[0]: "offer1", OFFERS[1]: "offer2", VENDORS[0]: "vendor1", VENDORS[1]: "vendor2",
    SHOPPER: "shopper", NONCE: "nonce", 900_000_101: "order_id",
    900_000_111: "part1", 900_000_112: "part2", 900_000_121: "line1", 900_000_122: "line2",
}  # fmt: skip
SEQUENCES = {
    "orders_order_id_seq": 900_000_101,
    "vendor_orders_vendor_order_id_seq": 900_000_111,
    "order_lines_line_id_seq": 900_000_121,
}
TOKEN = f"rk_shopper_bench_{SHOPPER}"
HASH_OF_TOKEN = "encode(sha256(convert_to('rk_shopper_bench_' || :shopper, 'UTF8')), 'hex')"
DRAWING = "nextval('orders_order_id_seq')"
DRAWN_KEYS = (
    "select order_ids[1] as order_id, vendor_order_ids[1] as part1, vendor_order_ids[2] as part2,"
    " line_ids[1] as line1, line_ids[2] as line2 from (\n{}\n) as keys \\gset"
)
SENTINELS = """
insert into owners (owner_id, legal_name) overriding system value
select vendor, 'Owner' from unnest(%(vendors)s::bigint[]) as vendor;
insert into vendors (vendor_id, owner_id, name, status, country, stripe_account_id)
overriding system value
select vendor, vendor, 'Vendor', 'active', 'PL', 'acct_' || vendor
from unnest(%(vendors)s::bigint[]) as vendor;
insert into products (product_id, category_id, title) overriding system value
select offer, 1, 'Product ' || offer from unnest(%(offers)s::bigint[]) as offer;
insert into offers (offer_id, product_id, vendor_id, sku, price_cents) overriding system value
select offer, offer, vendor, 'SKU-' || offer, 1999
from unnest(%(offers)s::bigint[], %(vendors)s::bigint[]) as one (offer, vendor);
insert into stock (offer_id, received_units, available_units)
select offer, 1000, 1000 from unnest(%(offers)s::bigint[]) as offer;
insert into shoppers (shopper_id, shopper_pseudonym, name, country) overriding system value
values (%(shopper)s, %(shopper)s, 'Shopper', 'PL');
insert into tokens (token_hash, role, subject_id, expires_at)
values (%(token_hash)s, 'shopper', %(shopper)s, now() + interval '1 day');
"""


def script(database_url: str, stalls: Stalls) -> str:
    """A pgbench script that places one order of two offers, of two vendors, in one transaction."""
    statements = [_with_variables(text) for text in rehearsed(database_url)]
    half = stalls.offers // 2
    return "\n".join(
        [
            # One even, one odd: their vendors differ, as long as the vendors are even in number.
            f"\\set offer1 2 * random(1, {half})",
            f"\\set offer2 2 * random(1, {half}) - 1",
            f"\\set vendor1 :offer1 % {stalls.vendors} + 1",
            f"\\set vendor2 :offer2 % {stalls.vendors} + 1",
            f"\\set shopper random(1, {stalls.shoppers})",
            "\\set nonce random(1, 9000000000000000000)",
            "begin;",
            *statements,
            "commit;",
        ]
    )


def rehearsed(database_url: str) -> list[str]:
    """What the desk sends for one order, as literal statements."""
    with rehearsal(database_url) as stage:
        before = {name: _last_value(stage.connection, name) for name in SEQUENCES}
        _set_sequences(stage.connection, SEQUENCES)
        with psycopg.ClientCursor(stage.connection) as cursor:
            cursor.execute(
                SENTINELS,
                {
                    "vendors": list(VENDORS),
                    "offers": list(OFFERS),
                    "shopper": SHOPPER,
                    "token_hash": token_hash(TOKEN),
                },
            )
        with stage.recorded() as sent:
            outcome = _place_one(stage)
        # No transaction undoes a sequence.
        _set_sequences(stage.connection, before)
    if not isinstance(outcome, Placed):
        raise RuntimeError(f"the rehearsed order was not placed: {outcome!r}")
    return [text for text in sent if "pg_notify" not in text]


def _place_one(database: Database) -> object:
    desk = Desk(database, lambda: datetime.now(UTC), newly_placed)
    wanted = [Wanted(offer, 1) for offer in OFFERS]
    (outcome,) = desk.serve([Application(TOKEN, f"key-{NONCE}", uuid.uuid4().bytes, wanted)])
    return outcome


def _last_value(connection: Transaction, sequence: str) -> int:
    row = connection.execute(f"select last_value from {sequence}").fetchone()
    assert row is not None, "a sequence has one row"
    return int(row["last_value"])


def _set_sequences(connection: Transaction, values: Mapping[str, int]) -> None:
    for sequence, value in values.items():
        connection.execute("select setval(%s, %s, false)", (sequence, value))


def _with_variables(text: str) -> str:
    """The statement with variables for keys; what pgbench would mistake for one is escaped."""
    pieces = re.split(r"(E?'(?:[^']|'')*')", re.sub(r"--[^\n]*", "", text))
    statement = "".join(
        _literal(piece) if place % 2 else _numbers(piece) for place, piece in enumerate(pieces)
    )
    statement = re.sub(r"\s+", " ", statement).strip()
    return DRAWN_KEYS.format(statement) if DRAWING in text else f"{statement};"


def _numbers(code: str) -> str:
    return re.sub(r"\b9000\d{5}\b", lambda found: f":{VARIABLES[int(found[0])]}", code)


def _literal(quoted: str) -> str:
    """A string, its keys joined in by ||."""
    inside = quoted.removeprefix("E")[1:-1]
    if not quoted.startswith("E"):
        inside = inside.replace("\\", "\\\\")
    inside = inside.replace(":", "\\x3a")
    inside = inside.replace(token_hash(TOKEN).hex(), f"' || {HASH_OF_TOKEN} || E'")
    joined = re.sub(r"9000\d{5}", lambda found: f"' || :{VARIABLES[int(found[0])]} || E'", inside)
    return f"(E'{joined}')"


def transactions_per_second(
    program: Path, database_url: str, file: Path, clients: int, seconds: int
) -> float:
    """Raises CalledProcessError with pgbench's own complaint."""
    ran = subprocess.run(
        [
            *(str(program), "-n", "-M", "prepared", "-j", "2"),
            *("-c", str(clients), "-T", str(seconds), "-f", str(file), database_url),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"tps = ([\d.]+) \(without initial", ran.stdout)
    if ran.returncode or found is None:
        raise RuntimeError(f"pgbench failed: {ran.stderr[-2000:]}")
    return float(found[1])
