"""What Stripe wants to know of an account before it may receive and be paid out money.

An account is ready at once, unless it was made with `metadata[onboarding]=strict`, or a control
route limited it. Then its owner answers at the page behind an account link, or a control route
answers for them.
"""

from typing import Final, Literal

from msgspec import Struct

from rynek.local.stripe.events import emit
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.parameters import read
from rynek.local.stripe.refusals import Json
from rynek.local.stripe.store import Record

STRICT: Final = {"onboarding": "strict"}
QUESTIONS: Final = [
    "business_profile.url",
    "external_account",
    "individual.dob.day",
    "individual.id_number",
    "tos_acceptance.date",
]
NOTHING_DUE: Final[Json] = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}

Reason = Literal[
    "listed",
    "other",
    "platform_paused",
    "rejected.fraud",
    "rejected.other",
    "requirements.past_due",
    "requirements.pending_verification",
    "under_review",
]


class Limit(Struct, forbid_unknown_fields=True):
    """What an account may not do from now on, and why, as a control route orders it."""

    reason: Reason = "requirements.past_due"
    due: tuple[str, ...] = ("individual.verification.document",)
    transfers: bool = False
    """Whether it may still receive transfers."""
    payouts: bool = False
    """Whether it may still be paid out."""


def is_strict(metadata: Json) -> bool:
    return metadata.items() >= STRICT.items()


def await_answers(account: Json) -> None:
    """An account of which Stripe knows nothing yet."""
    account |= {
        "capabilities": dict.fromkeys(account["capabilities"], "inactive"),
        "charges_enabled": False,
        "details_submitted": False,
        "payouts_enabled": False,
        "requirements": NOTHING_DUE
        | {
            "currently_due": QUESTIONS,
            "disabled_reason": "requirements.past_due",
            "eventually_due": QUESTIONS,
            "past_due": QUESTIONS,
        },
        "tos_acceptance": {"date": None},
    }


def answered(account: Json, now: int) -> None:
    """An account of which Stripe knows all it wants."""
    account |= {
        "capabilities": dict.fromkeys(account["capabilities"], "active"),
        "charges_enabled": "card_payments" in account["capabilities"],
        "details_submitted": True,
        "payouts_enabled": "transfers" in account["capabilities"],
        "requirements": NOTHING_DUE,
        "tos_acceptance": {"date": now},
    }


def complete(call: Call) -> Answer:
    """The owner answered everything."""
    record = account_in(call)
    answered(record.body, call.now)
    return told(call, record)


def limit(call: Call) -> Answer:
    """Stripe wants to know more, and until then forbids."""
    wanted = read(Limit, call.form)
    record = account_in(call)
    account = record.body
    if "transfers" in account["capabilities"]:
        account["capabilities"]["transfers"] = "active" if wanted.transfers else "inactive"
    account["payouts_enabled"] = wanted.payouts
    account["requirements"] = NOTHING_DUE | {
        "currently_due": wanted.due,
        "disabled_reason": wanted.reason,
        "eventually_due": wanted.due,
        "past_due": wanted.due,
    }
    return told(call, record)


def told(call: Call, record: Record) -> Answer:
    """Keep the changed account, and tell the platform as Connect does."""
    call.books.keep(record)
    emit(call, "account.updated", record.body, account=record.id)
    return ok(record.body)


def account_in(call: Call) -> Record:
    return call.find("account", "account", call.path["id"])
