-- grain: one posting, with its account and its journal; debits are positive
with installation as (
    select * from staging.installation
)

select
    postings.posting_id,
    postings.journal_id,
    postings.amount_cents,
    accounts.kind as account_kind,
    accounts.vendor_id,
    journals.kind as journal_kind,
    journals.order_id,
    journals.occurred_at,
    cast(journals.occurred_at at time zone installation.time_zone as date) as posting_date
from source.postings
inner join source.journals using (journal_id)
inner join source.accounts using (account_id)
cross join installation
