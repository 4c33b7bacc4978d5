-- one row per fact that goes: the oldest kept ones, as far as relay and consumers have come and time has passed.
-- What goes is a prefix of the positions, so that one number says what is gone.
with reach as (
    select
        relay.pruned_position,
        least(relay.published_position, (select min(consumers.position) from consumers)) as position
    from relay
    for update
),

oldest as (
    select outbox.position, outbox.recorded_at
    from outbox
    cross join reach
    where outbox.position > reach.pruned_position and outbox.position <= reach.position
    order by outbox.position
    limit %(limit)s
),

old as (
    select oldest.position
    from oldest
    where oldest.position < coalesce(
        (select min(young.position) from oldest as young where young.recorded_at >= %(before)s),
        9223372036854775807
    )
),

marked as (
    update relay set pruned_position = newest.position
    from (select max(old.position) as position from old) as newest
    where newest.position is not null
)

delete from outbox using old where outbox.position = old.position
