"""Who gets seen in a market: impressions and the live model's lists, by size of vendor."""

import polars as pl

from models.exposure import Report, attention, report, vendors_shown
from models.guard_rails import K, Shelf
from models.recommendations import Recommendations
from warehouse.snapshot import Snapshot

VENDORS = """
-- grain: one vendor with something to sell
with listings as (
    select vendor_id, count(*) as listings
    from offers
    where offer_status = 'active' and vendor_status = 'active'
    group by vendor_id
),

sold as (
    select vendor_id, sum(sales_cents) as sales_cents
    from product_daily
    where order_date > (select max(order_date) from product_daily) - to_days($days)
    group by vendor_id
),

seen as (
    select vendor_id, count(*) as impressions, sum(1 / log2(1 + rank)) as exposure
    from interactions
    where
        type = 'impression'
        and occurred_at > (select max(occurred_at) from interactions) - to_days($days)
    group by vendor_id
)

select
    vendor_id,
    listings,
    coalesce(sales_cents, 0)::double as sales_cents,
    coalesce(impressions, 0)::double as impressions,
    coalesce(exposure, 0)::double as exposure
from listings
left join sold using (vendor_id)
left join seen using (vendor_id)
order by vendor_id
"""

SHELF = """
-- grain: one product, as the offer a shopper would be given
select
    product_id,
    arg_min(vendor_id, (price_cents, offer_id)) as vendor_id,
    any_value(category) as category
from offers
where offer_status = 'active' and vendor_status = 'active' and available_units > 0
group by product_id
"""


def exposure(
    snapshot: Snapshot, days: int, live: Recommendations | None = None, seed: int = 0
) -> Report:
    """Shares of the last `days` of a snapshot; `lists` are what the `live` model would show today.

    Those take the time of some hundred answers.
    """
    vendors = snapshot.query(VENDORS, {"days": days})
    amounts = {name: vendors[name].to_numpy() for name in ("listings", "impressions", "exposure")}
    if live is not None:
        shelf, shops = snapshot.query(SHELF), vendors["vendor_id"].to_numpy()
        amounts["lists"] = attention(_lists(live, shelf, seed), shops)
    has_impressions = bool(vendors["impressions"].sum())
    seen_by = "impressions" if has_impressions or live is None else "lists"
    return report(vendors["sales_cents"].to_numpy(), amounts, seen_by)


def _lists(model: Recommendations, shelf: pl.DataFrame, seed: int) -> list[list[int]]:
    sold = Shelf.of(shelf["product_id"].to_numpy(), shelf["vendor_id"].to_numpy())
    categories = dict(shelf.select("product_id", "category").iter_rows())
    return vendors_shown(model, sold, categories, K, seed)
