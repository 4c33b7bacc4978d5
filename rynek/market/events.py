"""Behaviour as it would have been recorded: searches, impressions, clicks, views, carts."""

from datetime import date

import numpy as np
import polars as pl

from rynek.history.uuids import uuids
from rynek.market.browsing import SHOWN, Lists
from rynek.market.chance import Ints, stream
from rynek.market.trading import moment, offer_ref, shopper_ref
from rynek.market.visits import Needs, Visits
from rynek.market.wishes import SECONDS_BEFORE_CART, Wishes
from rynek.market.words import SHELVES
from rynek.market.world import World

SECONDS_PER_NEED = 15.0
SECONDS_PER_PLACE = 2.0


def events_of(
    world: World, visits: Visits, needs: Needs, lists: Lists, repeats: Wishes, first: date
) -> pl.DataFrame:
    """The history's events, in time; a repeat goes straight to its product: a view and a cart."""
    happened = pl.concat(
        [
            _searches(world, visits, needs),
            _of_lists(visits, needs, lists),
            _of_repeats(repeats, "view", SECONDS_BEFORE_CART),
            _of_repeats(repeats, "cart", SECONDS_BEFORE_CART / 3),
        ],
        how="diagonal",
    ).sort("second", maintain_order=True)
    happened = happened.with_columns(occurred_at=moment(first, "second"))
    return happened.select(
        "type",
        "query",
        "occurred_at",
        event_id=_uuids(world.seed, happened["occurred_at"]),
        rank=pl.col("rank").cast(pl.Int32),
        shopper_ref=shopper_ref("shopper"),
        session_id=pl.lit("visit-") + pl.col("basket").cast(pl.String),
        list_id=pl.when(pl.col("need").is_not_null()).then(
            pl.lit("list-") + pl.col("need").cast(pl.String)
        ),
        offer_ref=pl.when(pl.col("offer").is_not_null()).then(offer_ref("offer")),
    )


def _searches(world: World, visits: Visits, needs: Needs) -> pl.DataFrame:
    """What was typed: the name of a thing on the shelf."""
    rng = stream(world.seed, "searches")
    need = np.flatnonzero(needs.is_searched)
    visit = needs.visit[need]
    words = [shelf.nouns for shelf in SHELVES]
    drawn = rng.random(len(need))
    shelves = needs.shelf[need].tolist()
    query = [words[s][int(d * len(words[s]))] for s, d in zip(shelves, drawn, strict=True)]
    return pl.DataFrame(
        {
            "type": ["search"] * len(need),
            "basket": visit,
            "shopper": visits.shopper[visit],
            "need": need,
            "second": visits.second[visit] + SECONDS_PER_NEED * needs.position[need],
            "query": [word.lower() for word in query],
        }
    )


def _of_lists(visits: Visits, needs: Needs, lists: Lists) -> pl.DataFrame:
    steps = [
        ("impression", lists.is_shown, 1.0),
        ("click", lists.is_clicked, 3.0),
        ("view", lists.is_clicked, 3.5),
        ("cart", lists.is_carted, 9.0),
    ]
    return pl.concat(
        _step(visits, needs, lists, name, np.nonzero(happened), delay)
        for name, happened, delay in steps
    )


def _step(
    visits: Visits, needs: Needs, lists: Lists, name: str, cells: tuple[Ints, ...], delay: float
) -> pl.DataFrame:
    need, place = cells
    visit = needs.visit[need]
    reading = 0.0 if name == "impression" else SECONDS_PER_PLACE
    begun = visits.second[visit] + SECONDS_PER_NEED * needs.position[need]
    return pl.DataFrame(
        {
            "basket": visit,
            "shopper": visits.shopper[visit],
            "need": need,
            "offer": lists.offer[need, place],
            "rank": place + 1,
            "second": begun + delay + reading * place / SHOWN,
        }
    ).with_columns(type=pl.lit(name))


def _of_repeats(repeats: Wishes, name: str, before: float) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "basket": repeats.basket,
            "shopper": repeats.shopper,
            "offer": repeats.offer,
            "second": repeats.second - before,
        }
    ).with_columns(type=pl.lit(name))


def _uuids(seed: int, occurred_at: pl.Series) -> pl.Series:
    """Version 7 UUIDs: they begin with the time, so that an index takes them in at one end."""
    count = len(occurred_at)
    drawn = np.frombuffer(stream(seed, "event ids").bytes(16 * count), dtype=np.uint8)
    octets = drawn.reshape(count, 16).copy()
    milliseconds = occurred_at.dt.epoch("ms").to_numpy().astype(">i8")
    octets[:, :6] = milliseconds.view(np.uint8).reshape(count, 8)[:, 2:]
    return uuids(octets, version=7)
