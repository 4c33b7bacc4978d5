"""What the published marts say of products, for who recommends from them."""

from typing import NamedTuple, Self

from warehouse.snapshot import Snapshot

POPULAR_DAYS = 90
POPULAR_PRODUCTS = 2_000  # more than k and what one shopper has bought of them
UNSEEN_DAYS = 28
UNSEEN_BELOW = 0.1  # of the views of a vendor on average

POPULAR = """
-- grain: one product, the most ordered first; beside one, the others of its category
select product_id
from product_daily
where
    order_date > (select max(order_date) from product_daily) - to_days($days)
    and (
        $beside is null
        or product_id in (
            select product_id from offers
            where category in (select category from offers where product_id = $beside)
        )
    )
    and product_id is distinct from $beside
group by product_id
having sum(units) > 0
order by sum(units) desc, product_id
limit $products
"""

# The published items of recent orders bridge the time between the training and now.
BOUGHT_LATELY = """
-- grain: one product that the shopper bought, oldest first
select product_id, max(epoch(placed_at)) as bought_at
from vendor_orders
join recent_order_items using (vendor_order_id)
where shopper_pseudonym = $shopper_pseudonym and is_counted
group by product_id
order by max(placed_at), product_id
"""

BOUGHT_TOGETHER = """
-- grain: one product that is bought with another, the one with most evidence first
select other_product_id, lift
from affinity
where product_id = $product_id
order by both_orders * ln(lift) desc, other_product_id
"""

UNSEEN_VENDORS = """
-- grain: one vendor with something to sell whom hardly anybody looked at
with selling as (
    select distinct vendor_id
    from offers
    where offer_status = 'active' and vendor_status = 'active' and available_units > 0
),

looked_at as (
    select vendor_id, sum(views) as views
    from product_daily
    where order_date > (select max(order_date) from product_daily) - to_days($days)
    group by vendor_id
),

final as (
    select
        vendor_id,
        coalesce(views, 0) as views,
        avg(coalesce(views, 0)) over () as mean_views
    from selling
    left join looked_at using (vendor_id)
)

select vendor_id from final where views < $share * mean_views
"""


class Told(NamedTuple):
    """What a snapshot says of the whole market."""

    most_ordered: list[int]
    unseen_vendors: frozenset[int]

    @classmethod
    def by(cls, snapshot: Snapshot) -> Self:
        unseen = snapshot.rows(UNSEEN_VENDORS, {"days": UNSEEN_DAYS, "share": UNSEEN_BELOW})
        return cls(popular(snapshot), frozenset(vendor for (vendor,) in unseen))


def popular(snapshot: Snapshot, beside: int | None = None) -> list[int]:
    """The most ordered products of late; `beside` a product, those of its category without it."""
    given = {"beside": beside, "days": POPULAR_DAYS, "products": POPULAR_PRODUCTS}
    return [product for (product,) in snapshot.rows(POPULAR, given)]


def bought_together(snapshot: Snapshot, product_id: int) -> dict[int, float]:
    """Lift by product, of those that are in one order with it at least three times."""
    return dict(snapshot.rows(BOUGHT_TOGETHER, {"product_id": product_id}))
