-- one row per submission: what it answered, and what its reviewer noted
select
    submissions.submission_id as key,
    checklist_items.title,
    submissions.note
from submissions
join checklist_items using (checklist_item_id)
where submissions.submission_id = any(%(keys)s)
