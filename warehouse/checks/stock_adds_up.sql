-- marts.offers: every unit that came in is available, held or sold
select offer_id, received_units
from source.stock
where received_units <> available_units + held_units + sold_units
