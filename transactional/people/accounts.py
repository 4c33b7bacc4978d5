"""A connected account at Stripe, as far as the market reads it."""

from dataclasses import dataclass
from datetime import datetime

import stripe


@dataclass(frozen=True, slots=True)
class Account:
    """Stripe's own flags: may transfers go to it, may it pay out, and what it is asked for."""

    account_id: str
    is_transfer_capable: bool
    is_payout_ready: bool
    requirements_due: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountLink:
    """A page of Stripe's for the account's owner; not to be stored or sent by mail."""

    url: str
    expires_at: datetime


def read(account: stripe.Account) -> Account:
    return Account(
        account_id=account.id,
        is_transfer_capable=getattr(account.capabilities, "transfers", None) == "active",
        is_payout_ready=bool(account.payouts_enabled),
        requirements_due=_requirements(account),
    )


def _requirements(account: stripe.Account) -> tuple[str, ...]:
    asked = account.requirements
    if asked is None:
        return ()
    return tuple(dict.fromkeys([*(asked.past_due or ()), *(asked.currently_due or ())]))
