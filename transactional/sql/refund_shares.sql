-- one row per account that bears a refund, and what it bears
with lines as (
    select * from refund_lines where refund_id = %(refund_id)s
)

select 'vendor_payable' as kind, vendor_id, sum(vendor_cents)::bigint as amount_cents from lines group by vendor_id
union all
select 'commission_revenue', null, sum(commission_cents)::bigint from lines
union all
select 'commission_tax_payable', null, sum(commission_tax_cents)::bigint from lines
union all
select 'processing_recovery', null, sum(processing_cents)::bigint from lines
union all
select 'tax_payable', null, sum(withheld_tax_cents)::bigint from lines
order by kind, vendor_id
