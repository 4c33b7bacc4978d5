-- marts.orders: the postings of a journal sum to zero
select journal_id, sum(amount_cents) as difference_cents
from source.postings
group by journal_id
having sum(amount_cents) <> 0
