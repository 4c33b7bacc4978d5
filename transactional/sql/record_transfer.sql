-- one journal per sent transfer: the vendor's payable against the balance at Stripe
with sent as (
    select transfer_id, order_id, vendor_id, amount_cents from transfers where transfer_id = %(transfer_id)s
),

new_journals as (
    insert into journals (kind, order_id, reference, currency, occurred_at)
    select 'transfer', sent.order_id, 'tr_' || sent.transfer_id, installation.currency, %(now)s
    from sent
    cross join installation
    returning journal_id
),

amounts as (
    select 'vendor_payable' as kind, vendor_id, amount_cents from sent
    union all
    select 'stripe_balance', null, -amount_cents from sent
)

insert into postings (journal_id, account_id, amount_cents)
select new_journals.journal_id, accounts.account_id, amounts.amount_cents
from amounts
cross join new_journals
join accounts on accounts.kind = amounts.kind and accounts.vendor_id is not distinct from amounts.vendor_id
