"""One hot offer that everyone wants, beside the same orders spread over thousands of offers."""

import statistics
from dataclasses import dataclass

import psycopg
from rich.console import Console

from rynek.bench.clients import Errand, Tally, sent_out
from rynek.bench.report import Report, Row, percentile
from rynek.bench.stalls import Stalls, Venue, opened_market

CLIENTS = 128
CLIENT_PROCESSES = 2
GOAL_RATIO = 0.9
ROUNDS, SECONDS = 3, 10.0
QUICK_ROUNDS, QUICK_SECONDS = 1, 2.0
HOT, SCARCE = 1, 2
SCARCE_UNITS = 500


@dataclass(frozen=True)
class Left:
    """What the scarce offer's stock and lines say once everyone was refused."""

    available: int
    held: int
    on_lines: int


def measure(console: Console, *, is_quick: bool) -> Report:
    """One unit of one offer an order, in turns with one unit of any of 5,000."""
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if is_quick else (ROUNDS, SECONDS)
    stalls = Stalls()
    with opened_market(stalls) as venue:
        order(venue, stalls, 3, stalls.offers, 2.0)
        with psycopg.connect(venue.servers.database_url, autocommit=True) as connection:
            connection.execute("vacuum analyze")
        with console.status(f"{CLIENTS} clients, {rounds} times {seconds:g} s each, in turn"):
            found = [
                (
                    order(venue, stalls, 3, stalls.offers, seconds),
                    order(venue, stalls, HOT, HOT, seconds),
                )
                for _ in range(rounds)
            ]
        with console.status(f"{SCARCE_UNITS} units for everyone"):
            tally, left = sold_out(venue, stalls)
    return Report("hot-sku", f"{CLIENTS} clients", (*rate(found), *last_units(tally, left)))


def order(
    venue: Venue, stalls: Stalls, first: int, last: int, seconds: float, *, to_the_end: bool = False
) -> Tally:
    each = stalls.shoppers // CLIENT_PROCESSES
    errands = [
        Errand(
            port=venue.core_port,
            clients=CLIENTS // CLIENT_PROCESSES,
            first_shopper=1 + each * number,
            first_offer=first,
            last_offer=last,
            lines=1,
            seconds=seconds,
            is_until_refused=to_the_end,
        )
        for number in range(CLIENT_PROCESSES)
    ]
    return sent_out(errands)


def rate(found: list[tuple[Tally, Tally]]) -> list[Row]:
    spread_out = statistics.median(tally.placed / tally.seconds for tally, _ in found)
    hot = statistics.median(tally.placed / tally.seconds for _, tally in found)
    latencies = [seconds for _, tally in found for seconds in tally.latencies]
    return [
        Row(
            "orders of one hot offer",
            hot,
            "1/s",
            peer="the same over 4,998 offers",
            peer_value=spread_out,
            goal=f"ratio ≥ {GOAL_RATIO}",
            met=hot >= GOAL_RATIO * spread_out,
        ),
        Row("orders of one hot offer, p99", 1e3 * percentile(latencies, 99), "ms"),
    ]


def sold_out(venue: Venue, stalls: Stalls) -> tuple[Tally, Left]:
    """Everyone orders the scarce offer until each was refused once."""
    with psycopg.connect(venue.servers.database_url, autocommit=True) as connection:
        connection.execute(
            "update stock set received_units = %(units)s, available_units = %(units)s"
            " where offer_id = %(offer)s",
            {"units": SCARCE_UNITS, "offer": SCARCE},
        )
        tally = order(venue, stalls, SCARCE, SCARCE, 60.0, to_the_end=True)
        row = connection.execute(
            "select available_units, held_units,"
            " (select sum(quantity) from order_lines where offer_id = stock.offer_id)"
            " from stock where offer_id = %s",
            (SCARCE,),
        ).fetchone()
    assert row is not None, "the offer has its stock"
    return tally, Left(*map(int, row))


def last_units(tally: Tally, left: Left) -> list[Row]:
    oversold = left.on_lines - SCARCE_UNITS
    return [
        Row(
            f"units of {SCARCE_UNITS} that were promised",
            tally.placed,
            "",
            goal=f"{SCARCE_UNITS}",
            met=tally.placed == left.held == left.on_lines == SCARCE_UNITS and left.available == 0,
        ),
        Row("units promised twice", max(0, oversold), "", goal="0", met=oversold <= 0),
        Row("refusals, each `409 out_of_stock`", tally.refused.get("409", 0), ""),
    ]
