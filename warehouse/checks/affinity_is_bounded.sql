-- marts.affinity: no pair is in more orders than either of its products, and none has over 20 others
select product_id, other_product_id, both_orders
from marts.affinity
qualify
    both_orders > least(product_orders, other_orders)
    or count(*) over (partition by product_id) > 20
