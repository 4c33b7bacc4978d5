-- one journal with its postings; what is nothing is not posted
with new_journal as (
    insert into journals (kind, order_id, reference, currency, occurred_at)
    select %(kind)s, %(order_id)s, %(reference)s, installation.currency, %(now)s
    from installation
    returning journal_id
)

insert into postings (journal_id, account_id, amount_cents)
select new_journal.journal_id, accounts.account_id, amounts.amount_cents
from jsonb_to_recordset(%(amounts)s) as amounts (kind text, vendor_id bigint, amount_cents bigint)
cross join new_journal
join accounts on accounts.kind = amounts.kind and accounts.vendor_id is not distinct from amounts.vendor_id
where amounts.amount_cents <> 0
order by accounts.account_id
