"""The live figures against the real core: exact at every batch, and each order exactly once."""

from contextlib import ExitStack, closing
from pathlib import Path
from random import Random

import httpx
import psycopg
import pytest
import redis
from psycopg.rows import dict_row

from serving.fact_sources import CoreFacts
from tests.serving.conftest import Visit, serving_at
from tests.serving.core import Core, now
from tests.serving.market import Market
from tests.serving.patience import until

pytestmark = pytest.mark.slow

TRUTH = """
select vendor_id,
    coalesce(sum(items_cents), 0)::bigint as revenue,
    count(*) as orders,
    count(distinct shopper_pseudonym) as customers
from vendor_orders where status in ('paid', 'shipped', 'delivered') group by vendor_id
"""

Figures = dict[str, int]


def figures(client: httpx.Client, vendor_id: int) -> Figures:
    answer = client.get(f"/v1/vendors/ven_{vendor_id}/metrics").raise_for_status().json()
    return {
        metric["id"]: metric["value"] for metric in answer["metrics"] if metric["unit"] != "ratio"
    }


def shown(client: httpx.Client, vendor_ids: list[int]) -> dict[int, tuple[int, int, int]]:
    found = {vendor_id: figures(client, vendor_id) for vendor_id in vendor_ids}
    return {
        vendor_id: (one["revenue"], one["orders"], one["customers"])
        for vendor_id, one in found.items()
    }


def true_figures(core: Core, vendor_ids: list[int]) -> dict[int, tuple[int, int, int]]:
    rows = {row["vendor_id"]: row for row in core.rows(TRUTH)}
    return {
        vendor_id: (row["revenue"], row["orders"], row["customers"])
        if (row := rows.get(vendor_id))
        else (0, 0, 0)
        for vendor_id in vendor_ids
    }


def test_a_paid_order_is_in_its_vendors_figures_within_two_seconds_and_once_after_the_load(
    core: Core, visit: Visit, tmp_path: Path
) -> None:
    vendor_ids = [core.vendor(), core.vendor()]
    tea, mug = core.offer(vendor_ids[0], 1_500), core.offer(vendor_ids[1], 2_500)
    shopper = core.shopper()["shopper_id"]
    core.publish(tmp_path / "published")
    client = visit("operator")
    assert shown(client, vendor_ids) == dict.fromkeys(vendor_ids, (0, 0, 0))
    with core.relaying():
        core.paid_order(shopper, (tea, 2), (mug, 1))
        expected = dict(zip(vendor_ids, [(3_000, 1, 1), (2_500, 1, 1)], strict=True))
        until(lambda: shown(client, vendor_ids) == expected, seconds=2)

        loaded = core.publish(tmp_path / "published")
        until(lambda: snapshot_id(client) == loaded, seconds=5)
        assert shown(client, vendor_ids) == expected


def snapshot_id(client: httpx.Client) -> str:
    return str(client.get("/readyz").json()["snapshot_id"])


def test_the_tag_changes_with_the_vendors_own_facts_only(
    core: Core, visit: Visit, tmp_path: Path
) -> None:
    mine, theirs = core.vendor(), core.vendor()
    tea, mug = core.offer(mine), core.offer(theirs)
    shopper = core.shopper()["shopper_id"]
    core.publish(tmp_path / "published")
    client = visit("vendor", mine)
    address = f"/v1/vendors/ven_{mine}/metrics?from=2020-01-01&to=2020-01-31"
    tag = {"If-None-Match": client.get(address).headers["ETag"]}
    with core.relaying():
        core.paid_order(shopper, (mug, 1))
        other = visit("vendor", theirs)
        until(lambda: figures(other, theirs)["orders"] == 1)
        unchanged = client.get(address, headers=tag)
        assert unchanged.status_code == 304
        assert unchanged.headers["Data-Through"]

        core.paid_order(shopper, (tea, 1))
        until(lambda: client.get(address, headers=tag).status_code == 200)


def test_what_redis_lost_is_read_from_the_core(core: Core, visit: Visit, tmp_path: Path) -> None:
    vendor_id = core.vendor()
    tea = core.offer(vendor_id)
    shopper = core.shopper()["shopper_id"]
    core.publish(tmp_path / "published")
    client = visit("vendor", vendor_id)
    core.paid_order(shopper, (tea, 1))
    core.relay_once()
    with redis.Redis.from_url(core.redis_url) as connection:
        connection.flushall()
    core.paid_order(shopper, (tea, 1))
    core.relay_once()
    until(lambda: figures(client, vendor_id)["orders"] == 2)


def test_while_redis_is_away_facts_come_from_the_core(core: Core, tmp_path: Path) -> None:
    vendor_id = core.vendor()
    tea = core.offer(vendor_id)
    shopper = core.shopper()["shopper_id"]
    core.publish(tmp_path / "published")
    headers = {"Authorization": f"Bearer {core.token('vendor', vendor_id)}"}
    with ExitStack() as stack:
        url = serving_at(stack, core, tmp_path, redis_url="redis://127.0.0.1:1")
        client = stack.enter_context(httpx.Client(base_url=url, headers=headers, timeout=60))
        core.paid_order(shopper, (tea, 1))
        core.relay_once()
        until(lambda: figures(client, vendor_id)["orders"] == 1)
        assert "live figures from redis: ConnectionError" in client.get("/readyz").text


def test_what_the_core_tells_reaches_as_far_as_its_relay_did_and_no_further(core: Core) -> None:
    tea, shopper = core.offer(core.vendor()), core.shopper()["shopper_id"]
    core.relay_once()
    relayed_by = now()
    core.paid_order(shopper, (tea, 1))
    source = CoreFacts(core.url, core.token("service"))
    with closing(source):
        _, beat = source.read(0)
    (relay,) = core.rows("select published_position, published_at from relay")
    assert (beat.position, beat.at) == (relay["published_position"], relay["published_at"])
    assert beat.at is not None
    assert beat.at < relayed_by


def test_facts_of_another_market_are_not_counted_and_told(
    core: Core, visit: Visit, tmp_path: Path
) -> None:
    """As after a restore into another cluster: snapshot and facts have no common history."""
    vendor_id = core.vendor()
    tea = core.offer(vendor_id)
    market = Market(tmp_path / "published")
    market.vendor(vendor_id)
    market.offer(tea, vendor_id)
    market.publish()
    client = visit("vendor", vendor_id)
    core.paid_order(core.shopper()["shopper_id"], (tea, 1))
    core.relay_once()
    until(lambda: "FactsUnusable" in client.get("/readyz").text)
    assert figures(client, vendor_id)["orders"] == 0


def test_facts_that_are_pruned_are_told_and_waited_for_with_the_next_snapshot(
    core: Core, tmp_path: Path
) -> None:
    vendor_id = core.vendor()
    tea, shopper = core.offer(vendor_id), core.shopper()["shopper_id"]
    core.publish(tmp_path / "published")
    core.paid_order(shopper, (tea, 1))
    core.relay_once()
    core.rows("update relay set pruned_position = published_position returning 1")
    with redis.Redis.from_url(core.redis_url) as connection:
        connection.flushall()
    headers = {"Authorization": f"Bearer {core.token('vendor', vendor_id)}"}
    with ExitStack() as stack:
        url = serving_at(stack, core, tmp_path)
        client = stack.enter_context(httpx.Client(base_url=url, headers=headers, timeout=60))
        until(lambda: "FactsPruned" in client.get("/readyz").text)
        assert figures(client, vendor_id)["orders"] == 0
        core.publish(tmp_path / "published")
        until(lambda: figures(client, vendor_id)["orders"] == 1)
        until(lambda: "FactsPruned" not in client.get("/readyz").text)


def test_figures_equal_postgres_through_late_commits_rollbacks_and_loads(
    core: Core, visit: Visit, tmp_path: Path
) -> None:
    vendor_ids = [core.vendor() for _ in range(3)]
    # Stock rows stay locked until a commit, so the late transaction sells offers of its own.
    offers = [core.offer(vendor_id, 700 + vendor_id) for vendor_id in vendor_ids]
    others = [core.offer(vendor_id, 900) for vendor_id in vendor_ids]
    people = [core.shopper()["shopper_id"] for _ in range(4)]
    core.publish(tmp_path / "published")
    client, random = visit("operator"), Random(7)
    with psycopg.connect(core.database.url, row_factory=dict_row) as late:
        for step in range(18):
            shopper = random.choice(people)
            lines = [(offer, random.randint(1, 3)) for offer in random.sample(offers, 2)]
            match step % 6:
                case 0:
                    core.pay(late, core.place(late, shopper, *[(offer, 1) for offer in others]))
                case 4:
                    late.rollback() if step % 4 else late.commit()
                case 5:
                    core.publish(tmp_path / "published")
                case _:
                    core.paid_order(shopper, *lines)
            core.relay_once()
            truth = true_figures(core, vendor_ids)
            until(lambda truth=truth: shown(client, vendor_ids) == truth, seconds=5)
