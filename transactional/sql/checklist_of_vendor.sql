-- one row per item that is asked of a vendor, with its newest submission
select
    items.checklist_item_id,
    items.code,
    items.title,
    items.is_required,
    coalesce(newest.status, 'missing') as status,
    newest.submission_id,
    newest.note,
    newest.submitted_at,
    newest.reviewed_at
from vendors
join checklist_items as items on coalesce(items.country, vendors.country) = vendors.country
left join lateral (
    select submission_id, status, note, submitted_at, reviewed_at
    from submissions
    where
        submissions.vendor_id = vendors.vendor_id
        and submissions.checklist_item_id = items.checklist_item_id
    order by submission_id desc
    limit 1
) as newest on true
where vendors.vendor_id = %(vendor_id)s and not items.is_retired
order by items.checklist_item_id
