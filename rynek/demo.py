"""`rynek demo`: from an empty folder to a market that people can look at."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rich.console import Console

from pipelines.run import RunSummary, materialize_all
from rynek import customer, proof, traces, verification
from rynek.days import days_shown
from rynek.local.apps import Market
from rynek.local.installation import start_dagster, up
from rynek.local.sign_in import mint
from rynek.local.supervisor import Supervisor
from rynek.market import generate
from warehouse import store

SEED = 7


class PipelineFailedError(Exception):
    """A run of the pipeline failed: nothing new was published."""


@dataclass(frozen=True)
class Doors:
    """Addresses of the open market, with a token for each kind of person who comes."""

    vendor_page: str
    core_docs: str
    serving_docs: str
    dagster: str
    operator_token: str
    shopper_token: str


@contextmanager
def opened(
    home: Path, scale: str, console: Console, *, with_dagster: bool = True
) -> Iterator[tuple[Market, Supervisor]]:
    """The installation up, a generated market in it, a first snapshot and model published."""
    say = teller(console)
    with up(home, with_dagster=False, say=say) as (market, supervisor):
        if is_empty(market.servers.database_url):
            console.print(f"  a {scale} market: vendors, shoppers, a year of orders")
            generate(scale, SEED, market.servers.database_url, home, console=console)
        console.print("  pipeline: load, marts, checks, publication, training")
        run_pipeline(market, train=True)
        if with_dagster:
            start_dagster(supervisor, market, say)
        yield market, supervisor


def teller(console: Console) -> Callable[[str], None]:
    return lambda what: console.print(f"  {what}", highlight=False)


def is_empty(database_url: str) -> bool:
    """Whether nothing was ever sold here."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select not exists (select from orders)").fetchone()
    return bool(row and row[0])


def run_pipeline(market: Market, *, train: bool) -> RunSummary:
    """Load, build, check, publish and, with `train`, train. Raises PipelineFailedError."""
    summary = materialize_all(market.home.root, market.servers.pipeline_database_url, train=train)
    if not summary.is_success:
        raise PipelineFailedError("; ".join(summary.failures))
    return summary


def republish(market: Market) -> str:
    """Run the pipeline for what is new; the id of the snapshot that it published."""
    snapshot_id = run_pipeline(market, train=False).snapshot_id
    if snapshot_id is None:
        raise PipelineFailedError("the run published no snapshot though an order was placed")
    return snapshot_id


def check(scale: str, console: Console) -> None:
    """Open a market in a folder of its own, prove it, verify it, and take it away again."""
    with tempfile.TemporaryDirectory(prefix="rynek-demo-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with opened(home, scale, console) as (market, _), customer.doors(market) as door:
            operator = door(mint(market.servers.database_url, "operator"))
            with proof.step(console, "Dagster knows the market's days, each of them built") as say:
                say(see_days(market))
            proof.prove(operator, lambda: republish(market), console)
            with proof.step(console, "no name and no address left Postgres"):
                demand_no_trace(market)
            with proof.step(console, "every invariant holds"):
                verification.demand_sound(market)


def see_days(market: Market) -> str:
    """The market's first and last day as Dagster shows them. Raises ProofFailedError."""
    days = days_shown(market.dagster_url, "operator_daily")
    proof.demand(
        days.are_built_from_the_first, f"of {len(days.known):,} days {days.built} are built"
    )
    return f"{days.known[0]} to {days.known[-1]}"


def demand_no_trace(market: Market) -> None:
    """Raises ProofFailedError where the new shopper's name, e-mail address or street is found."""
    words = (customer.NAME, customer.MAILBOX, customer.STREET)
    in_redis = traces.in_redis(market.servers.redis_url, words)
    with store.turn(market.home.root / "warehouse"):
        in_files = traces.in_files(market.home.root, words)
    proof.demand(not in_redis, f"they are in Redis under {', '.join(in_redis)}")
    proof.demand(not in_files, f"they are in {', '.join(in_files)}")


def doors(market: Market) -> Doors:
    """Tokens for a day, for the vendor who sells most and the shopper who buys most."""
    database_url = market.servers.database_url
    with psycopg.connect(database_url) as connection:
        vendor_id, shopper_id = busiest(connection)
    vendor_token = mint(database_url, "vendor", vendor_id)
    return Doors(
        vendor_page=f"{market.serving_url}/sign-in?next=/vendors/ven_{vendor_id}#token={vendor_token}",
        core_docs=f"{market.core_url}/docs",
        serving_docs=f"{market.serving_url}/docs",
        dagster=market.dagster_url,
        operator_token=mint(database_url, "operator"),
        shopper_token=mint(database_url, "shopper", shopper_id),
    )


def busiest(connection: "psycopg.Connection") -> tuple[int, int]:
    """The vendor and the shopper with the most orders of the market's last 30 days."""
    row = connection.execute("""
        with latest as (
            select * from vendor_orders where placed_at > (
                select max(placed_at) - interval '30 days' from vendor_orders)
        )
        select (select vendor_id from latest group by vendor_id order by count(*) desc limit 1),
               (select shopper_id from shoppers join latest using (shopper_pseudonym)
                group by shopper_id order by count(*) desc limit 1)
    """).fetchone()
    if row is None or None in row:
        raise LookupError("no order yet: `rynek generate` or `rynek import` brings some")
    return int(row[0]), int(row[1])
