-- one row per message not told before: of one topic a recipient hears once per kind
insert into notifications
    (channel, recipient, kind, topic, fact_id, vendor_id, subject, body, retry_at, created_at)
select
    message.channel,
    message.recipient,
    message.kind,
    message.topic,
    message.fact_id,
    message.vendor_id,
    message.subject,
    message.body,
    %(now)s,
    %(now)s
from jsonb_to_recordset(%(messages)s) as message (
    channel text, recipient text, kind text, topic text, fact_id bigint, vendor_id bigint, subject text, body text
)
on conflict (topic, kind, channel, recipient) do nothing
