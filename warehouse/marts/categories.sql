-- grain: one category, with the path from the root of its tree
-- key: category_id
with recursive paths as (
    select category_id, parent_id, name, name as path, 1 as depth
    from source.categories
    where parent_id is null
    union all
    select
        categories.category_id,
        categories.parent_id,
        categories.name,
        paths.path || ' > ' || categories.name as path,
        paths.depth + 1 as depth
    from source.categories
    inner join paths on categories.parent_id = paths.category_id
)

select category_id, parent_id, name, path, depth
from paths
order by category_id
