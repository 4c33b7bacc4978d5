-- one row per call that is due and now ours: of each webhook that answers the oldest one
update notifications set
    lease_expires_at = %(lease_expires_at)s,
    fencing_token = fencing_token + 1,
    attempts = attempts + 1
from (
    select
        oldest.notification_id,
        vendor_webhooks.*
    from vendor_webhooks
    cross join lateral (
        select due.notification_id
        from notifications as due
        where
            due.channel = 'webhook'
            and due.status = 'due'
            and due.recipient = 'vwh_' || vendor_webhooks.vendor_webhook_id
            and due.retry_at <= %(now)s
            and (due.lease_expires_at is null or due.lease_expires_at <= %(now)s)
        order by due.notification_id
        limit 1
        for update skip locked
    ) as oldest
    where vendor_webhooks.is_enabled and vendor_webhooks.retry_at <= %(now)s
    order by oldest.notification_id
    limit %(limit)s
) as claimed
where notifications.notification_id = claimed.notification_id
returning
    notifications.notification_id,
    notifications.kind,
    notifications.body,
    notifications.attempts,
    notifications.fencing_token,
    claimed.vendor_webhook_id,
    claimed.vendor_id,
    claimed.url,
    claimed.secret,
    claimed.previous_secret,
    claimed.previous_secret_until,
    claimed.failing_since,
    claimed.failures
