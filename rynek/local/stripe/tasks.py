"""Everything that time does by itself: by name, the kind of object and what happens to it."""

from typing import Final

from rynek.local.stripe import disputes, payouts, refund_outcomes
from rynek.local.stripe.agenda import Task

TASKS: Final[dict[str, tuple[str, Task]]] = {
    "shopper disputes": ("charge", disputes.dispute),
    "answer to a dispute is due": ("dispute", disputes.lapse),
    "bank decides a dispute": ("dispute", disputes.judge),
    "payout leaves": ("payout", payouts.leave),
    "payout arrives": ("payout", payouts.arrive),
    "retry refund": ("refund", refund_outcomes.retry),
    "refund succeeds": ("refund", refund_outcomes.succeed),
    "refund fails": ("refund", refund_outcomes.fail),
}
