-- one row per transfer that waits although its order is disputed, or is frozen although it is not
select
    'tra_' || transfers.transfer_id as key,
    'it is ' || transfers.status || ', ord_' || transfers.order_id || ' has ' || open.disputes || ' open disputes'
    as detail
from transfers
cross join lateral (
    select count(*) as disputes
    from disputes
    where disputes.order_id = transfers.order_id and disputes.status in ('open', 'under_review')
) as open
where
    (transfers.status in ('held', 'due') and open.disputes > 0)
    or (transfers.status = 'frozen' and open.disputes = 0)
order by transfers.transfer_id
limit %(limit)s
