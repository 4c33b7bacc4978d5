-- one row per e-mail that is due and now ours
update notifications set
    lease_expires_at = %(lease_expires_at)s,
    fencing_token = fencing_token + 1,
    attempts = attempts + 1
where notification_id in (
    select due.notification_id
    from notifications as due
    where
        due.channel = 'email'
        and due.status = 'due'
        and due.retry_at <= %(now)s
        and (due.lease_expires_at is null or due.lease_expires_at <= %(now)s)
    order by due.retry_at, due.notification_id
    limit %(limit)s
    for update skip locked
)
returning notification_id, recipient, kind, topic, subject, body, created_at, attempts, fencing_token
