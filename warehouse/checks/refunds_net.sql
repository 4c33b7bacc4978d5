-- marts.refunds: what a vendor bears of a refund is what the shopper gets, less fees and taxes given back
select refund_line_id, vendor_cents
from marts.refunds
where
    vendor_cents
    <> refunded_cents - commission_cents - commission_tax_cents - processing_cents - withheld_tax_cents
