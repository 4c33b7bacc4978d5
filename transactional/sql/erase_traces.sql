-- what was sent to and stored for a shopper who is erased, and what their browsers did
with forgotten_visitors as (
    delete from visitors where merged_into_pseudonym = %(pseudonym)s returning visitor_pseudonym
),

forgotten_answers as (
    delete from idempotency_keys
    where principal = %(subject)s or body::json ->> 'shopper_id' = %(subject)s
),

forgotten_letters as (
    delete from notifications where channel = 'email' and recipient = %(email)s
)

delete from behaviour_events
where
    shopper_pseudonym = %(pseudonym)s
    or shopper_pseudonym in (select visitor_pseudonym from forgotten_visitors)
