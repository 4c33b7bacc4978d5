"""Bank accounts: where payouts go. Stripe's test tokens decide whether the money arrives."""

from typing import Final

from rynek.local.stripe.exchange import Call
from rynek.local.stripe.ids import mint
from rynek.local.stripe.refusals import Json, missing
from rynek.local.stripe.store import PLATFORM, Record

GOOD: Final = "btok_us_verified"
LAST4: Final = {
    GOOD: "6789",
    "btok_us_verified_noAccount": "1116",
    "btok_us_verified_accountClosed": "1113",
    "btok_us_verified_insufficientFunds": "2227",
    "btok_us_verified_debitNotAuthorized": "3335",
    "btok_us_verified_invalidCurrency": "4440",
}
"""Every token, with the end of the number it stands for."""
FAILURES: Final = {
    "1116": ("no_account", "The bank account could not be located."),
    "1113": ("account_closed", "The bank account has been closed."),
    "2227": ("insufficient_funds", "The account has insufficient funds."),
    "3335": ("debit_not_authorized", "Debits are not authorized on this account."),
    "4440": ("invalid_currency", "The bank cannot process this currency."),
}
"""By the end of the number: why a payout fails."""


def give(call: Call, account: Json, token: str) -> None:
    """Make this the bank account that the connected account is paid out to."""
    if token not in LAST4:
        raise missing("token", token, param="external_account")
    bank = bank_of(account["id"], token) | {"country": account["country"]}
    account["external_accounts"]["data"] = [bank]
    call.books.of(account["id"]).add(bank | {"created": call.now})


def paid_out_to(call: Call) -> Record | None:
    """The caller's bank account; the platform has a good one from the start."""
    latest = call.books.select("bank_account", "true", (), "order by seq desc limit 1")
    if latest or call.books.account != PLATFORM:
        return latest[0] if latest else None
    return call.books.add(bank_of(PLATFORM, GOOD) | {"created": call.now})


def failure(bank: Record) -> tuple[str, str] | None:
    """Why a payout to the bank account fails, as code and message."""
    return FAILURES.get(bank.body["last4"])


def bank_of(account: str, token: str) -> Json:
    return {
        "id": mint("ba_1"),
        "object": "bank_account",
        "account": account,
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": "US",
        "currency": "usd",
        "default_for_currency": True,
        "fingerprint": None,
        "last4": LAST4[token],
        "metadata": {},
        "routing_number": "110000000",
        "status": "new",
    }
