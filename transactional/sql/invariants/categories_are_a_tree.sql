-- one row per category that no way down from the top reaches: its parents go round in a circle
with recursive reached as (
    select category_id from categories where parent_id is null
    union all
    select categories.category_id
    from categories
    join reached on categories.parent_id = reached.category_id
)

select
    'cat_' || category_id as key,
    'its parent is cat_' || parent_id || ', which does not lead to the top' as detail
from categories
where category_id not in (select category_id from reached)
order by category_id
limit %(limit)s
