-- the erased shopper's new pseudonym; the warehouse hears by the tombstone that the old one is dead
with erased as (
    update shoppers
    set email = null, name = null, region = null, erased_at = %(now)s, shopper_pseudonym = new_pseudonym()
    where shopper_id = %(shopper_id)s
    returning shopper_pseudonym
),

buried as (
    insert into tombstones (table_name, key) values ('shoppers', %(pseudonym)s)
)

select shopper_pseudonym from erased
