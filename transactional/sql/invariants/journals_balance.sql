-- one row per journal whose postings do not sum to zero, or that has none
select
    'jrn_' || journals.journal_id as key,
    'its postings sum to ' || coalesce(sum(postings.amount_cents), 0) || ' cents in '
    || count(postings.posting_id) || ' postings' as detail
from journals
left join postings using (journal_id)
group by journals.journal_id
having coalesce(sum(postings.amount_cents), 0) <> 0 or count(postings.posting_id) = 0
order by journals.journal_id
limit %(limit)s
