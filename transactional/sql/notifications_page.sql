-- one row per notification, newest first
select
    notification_id,
    channel,
    recipient,
    kind,
    topic,
    vendor_id,
    subject,
    body,
    status,
    attempts,
    retry_at,
    last_error,
    created_at,
    sent_at
from notifications
where
    (%(recipient)s::text is null or recipient = %(recipient)s)
    and (%(kind)s::text is null or kind = %(kind)s)
    and (%(channel)s::text is null or channel = %(channel)s)
    and (%(status)s::text is null or status = %(status)s)
    and (%(before)s::bigint is null or notification_id < %(before)s)
order by notification_id desc
limit %(limit)s
