-- grain: one price of an offer, from a moment on until the next; one without an end still holds
select
    offer_prices.*,
    lead(offer_prices.from_at) over (
        partition by offer_prices.offer_id
        order by offer_prices.from_at, offer_prices.offer_price_id
    ) as until_at
from source.offer_prices
