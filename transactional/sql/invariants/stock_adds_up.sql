-- one row per offer whose received units are not available + held + sold
select
    'off_' || offer_id as key,
    received_units || ' received, but ' || available_units || ' available + ' || held_units || ' held + '
    || sold_units || ' sold' as detail
from stock
where received_units <> available_units + held_units + sold_units
order by offer_id
limit %(limit)s
