-- marts.vendor_orders: a vendor order nets its items and shipping, less the platform's fees, their tax and withheld tax
select vendor_order_id, net_cents
from marts.vendor_orders
where
    net_cents
    <> items_cents + shipping_cents - commission_cents - processing_cents - commission_tax_cents - withheld_tax_cents
