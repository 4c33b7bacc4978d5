"""Published interactions to a live recommender: train, evaluate, gate, promote.

Reads published files only, so that a night's training never holds up the minute's load.
"""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetIn,
    MaterializeResult,
    MetadataValue,
    Output,
    ResourceParam,
    asset,
)

from models import artifacts
from models.behaviour import from_behaviour
from models.errors import NothingToLearn
from models.gate import Verdict
from models.guard_rails import Shelf
from models.interactions import Interactions
from models.listings import Listings
from models.prices import PriceSteps
from models.recommendations import KIND
from models.training import Outcome, train_and_gate
from pipelines.installation import Installation, Observer
from pipelines.keys import CANDIDATE, EACH_DAY, LIVE, OWNERS, SNAPSHOT
from warehouse.snapshot import Snapshot

INTERACTIONS = """
    select shopper_pseudonym, product_id, type, occurred_at
    from interactions
    where shopper_pseudonym is not null and product_id is not null
"""
# The offer that a shopper would be given: serving chooses by the same rule.
SHELF = """
    select product_id, arg_min(vendor_id, (price_cents, offer_id)) as vendor_id
    from offers
    where offer_status = 'active' and vendor_status = 'active' and available_units > 0
    group by product_id
"""
LISTINGS = """
    select
        product_id,
        any_value(title) as title,
        any_value(category) as category,
        any_value(brand) as brand,
        arg_min(vendor_id, (price_cents, offer_id)) as vendor_id,
        min(price_cents) as price_cents
    from offers
    group by product_id
"""
PRICES = """
    select product_id, epoch(from_at) / 86400 as from_day, price_cents
    from product_prices
"""
GATE, RAILS = "beats_what_is_live", "guard_rails_hold"
SEED = 0


def published_interactions(snapshot: Snapshot) -> Interactions:
    """What shoppers did, over all products that they did it with and all that are for sale."""
    frame = snapshot.query(INTERACTIONS)
    events = from_behaviour(
        frame["shopper_pseudonym"], frame["product_id"], frame["type"], frame["occurred_at"]
    )
    return events.listed(published_listings(snapshot))


def published_shelf(snapshot: Snapshot) -> Shelf:
    frame = snapshot.query(SHELF)
    return Shelf.of(frame["product_id"].to_numpy(), frame["vendor_id"].to_numpy())


def published_listings(snapshot: Snapshot) -> Listings:
    frame, prices = snapshot.query(LISTINGS), snapshot.query(PRICES)
    return Listings.of(
        frame["product_id"].to_numpy(),
        titles=frame["title"].to_list(),
        categories=frame["category"].to_list(),
        brands=frame["brand"].to_list(),
        vendors=frame["vendor_id"].to_list(),
        price_cents=frame["price_cents"].to_list(),
        steps=PriceSteps.of(prices["product_id"], prices["from_day"], prices["price_cents"]),
    )


@asset(
    key=CANDIDATE,
    deps=[SNAPSHOT],
    group_name="recommender",
    kinds={"python", "numpy"},
    owners=OWNERS,
    freshness_policy=EACH_DAY,
    check_specs=[
        AssetCheckSpec(
            GATE,
            asset=CANDIDATE,
            description="A new recipe beats the live one; the same recipe is not worse.",
        ),
        AssetCheckSpec(
            RAILS,
            asset=CANDIDATE,
            description="Its lists cover the shelf, spread over vendors, are in stock and quick.",
            blocking=True,
        ),
    ],
)
def recommender_candidate(
    context: AssetExecutionContext,
    installation: ResourceParam[Installation],
    observer: ResourceParam[Observer],
) -> Iterator[Output[str | None] | AssetCheckResult]:
    """Train up to the cut, compare over full rankings, then train the winner on everything.

    The value is the version to make live, or None where the live one must stay.
    """
    snapshot = Snapshot.current(installation.published)
    interactions = published_interactions(snapshot)
    try:
        outcome = train_and_gate(
            interactions,
            installation.artifacts,
            shelf=published_shelf(snapshot),
            seed=SEED,
        )
    except NothingToLearn as error:
        context.log.warning(str(error))
        observer("recommender.candidate", "too little data to learn from")
        yield Output(None, metadata={"verdict": str(error)})
        yield _gated(False, str(error))
        yield _guarded([])
        return
    for verdict in outcome.verdicts:
        observer("recommender.candidate", f"{_said(verdict)}: {'; '.join(verdict.reasons)}")
    version = outcome.artifact.version if outcome.artifact else None
    yield Output(version, metadata=_measured(outcome))
    yield _gated(outcome.verdict.is_passed, "; ".join(outcome.verdict.reasons))
    yield _guarded(outcome.objections)


@asset(
    key=LIVE,
    ins={"version": AssetIn(CANDIDATE)},
    group_name="recommender",
    kinds={"numpy"},
    owners=OWNERS,
    freshness_policy=EACH_DAY,
)
def live_recommender(
    installation: ResourceParam[Installation],
    observer: ResourceParam[Observer],
    version: str | None,
) -> MaterializeResult[None]:
    """Move the pointer to the candidate, if it won."""
    if version:
        artifacts.promote(installation.artifacts, KIND, version)
    live = artifacts.live_version(installation.artifacts, KIND) or "none"
    observer("recommender.live", live)
    return MaterializeResult(metadata={"version": live, "is_new": version is not None})


def _gated(is_passed: bool, reasons: str) -> AssetCheckResult:
    """A model that loses is no fault of the run: the live one stays, and the check warns."""
    return AssetCheckResult(
        check_name=GATE,
        asset_key=CANDIDATE,
        passed=is_passed,
        severity=AssetCheckSeverity.WARN,
        metadata={"reasons": reasons},
    )


def _guarded(objections: list[str]) -> AssetCheckResult:
    """A model that would harm the market ends the run before the pointer moves."""
    return AssetCheckResult(
        check_name=RAILS,
        asset_key=CANDIDATE,
        passed=not objections,
        severity=AssetCheckSeverity.ERROR,
        metadata={"detail": "; ".join(objections) or "all hold"},
    )


def _said(verdict: Verdict) -> str:
    return f"{verdict.recipe} {'passed' if verdict.is_passed else 'did not pass'} the gate"


def _measured(outcome: Outcome) -> dict[str, MetadataValue[Any]]:
    measured = {
        f"{recipe} ndcg@20": MetadataValue.float(report.summary(SEED)["ndcg@20"].value)
        for recipe, report in outcome.reports.items()
    }
    return measured | {
        "verdict": MetadataValue.text(_said(outcome.verdict)),
        "reasons": MetadataValue.text("; ".join(outcome.verdict.reasons)),
        "contenders": MetadataValue.json([verdict.as_json() for verdict in outcome.verdicts]),
        "version": MetadataValue.text(outcome.artifact.version if outcome.artifact else "none"),
    }
