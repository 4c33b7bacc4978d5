-- one row per sale journal whose order is not paid
select
    'jrn_' || journals.journal_id as key,
    'it records the sale of ord_' || orders.order_id || ', which is ' || orders.status as detail
from journals
join orders using (order_id)
where journals.kind = 'sale' and orders.status <> 'paid'
order by journals.journal_id
limit %(limit)s
