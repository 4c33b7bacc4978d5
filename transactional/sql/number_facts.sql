-- the next positions, in id order, for every fact that this snapshot sees and that has none yet.
-- No limit: a batch is everything that is visible, and its last fact says so.
with counter as (
    select last_position from relay for update
),

numbered as (
    select
        id,
        row_number() over (order by id) as place,
        count(*) over () as size
    from outbox
    where position is null
),

placed as (
    update outbox set
        position = counter.last_position + numbered.place,
        is_batch_end = numbered.place = numbered.size
    from numbered
    cross join counter
    where outbox.id = numbered.id
    returning outbox.position
)

update relay set last_position = placed.newest
from (select max(position) as newest from placed) as placed
where placed.newest is not null
