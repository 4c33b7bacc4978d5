-- marts.orders: the postings of a journal sum to zero
-- window: journal_id
select journal_id, sum(amount_cents) as difference_cents
from source.postings
group by journal_id
having sum(amount_cents) <> 0
