-- marts.stock_outs: a spell ends after it began, and only the last of an offer still lasts
-- window: offer_id
select offer_id, began_at, ended_at
from marts.stock_outs
qualify
    ended_at < began_at
    or coalesce(ended_at, 'infinity') > lead(began_at) over (partition by offer_id order by began_at)
