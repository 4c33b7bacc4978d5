"""Connected accounts (v1), as destinations of transfers.

Stripe asks an account questions before it may receive money; onboarding.py says when it does here.
"""

from typing import Final

from msgspec import Struct

from rynek.local.stripe import bank_accounts, onboarding
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import empty, listed
from rynek.local.stripe.parameters import Nothing, Page, currency_code, merged, read
from rynek.local.stripe.refusals import Json

PROFILE: Final = ("mcc", "name", "product_description", "support_email", "url")


class Capability(Struct, forbid_unknown_fields=True, frozen=True):
    requested: bool = False


class Capabilities(Struct, forbid_unknown_fields=True, frozen=True):
    """The capabilities that the stand-in knows."""

    card_payments: Capability = Capability()
    transfers: Capability = Capability()


class BusinessProfile(Struct, forbid_unknown_fields=True, frozen=True):
    mcc: str | None = None
    name: str | None = None
    product_description: str | None = None
    support_email: str | None = None
    url: str | None = None


class ChangeAccount(Struct, forbid_unknown_fields=True):
    """What a platform may say again about a vendor's account; what is not given stays."""

    email: str | None = None
    business_type: str | None = None
    default_currency: str | None = None
    capabilities: Capabilities = Capabilities()
    business_profile: BusinessProfile = BusinessProfile()
    external_account: str | None = None
    metadata: dict[str, str] | None = None


class CreateAccount(ChangeAccount, forbid_unknown_fields=True):
    """What a platform says about a vendor's account."""

    type: str = "standard"
    country: str = "US"


def create(call: Call) -> Answer:
    """An account with the bank account given, or a good one.

    With `metadata[onboarding]=strict` it may do nothing before its owner answered.
    """
    wanted = read(CreateAccount, call.form)
    account = account_of(wanted, call.now)
    if onboarding.is_strict(account["metadata"]):
        onboarding.await_answers(account)
    bank_accounts.give(call, account, wanted.external_account or bank_accounts.GOOD)
    return ok(call.books.add(account).body)


def update(call: Call) -> Answer:
    wanted = read(ChangeAccount, call.form)
    record = onboarding.account_in(call)
    account = record.body
    for name in ("email", "business_type"):
        account[name] = getattr(wanted, name) or account[name]
    account["default_currency"] = currency_code(
        wanted.default_currency or account["default_currency"]
    )
    account["metadata"] = merged(account["metadata"], wanted.metadata)
    account["business_profile"] |= {
        name: value for name in PROFILE if (value := getattr(wanted.business_profile, name))
    }
    if wanted.external_account is not None:
        bank_accounts.give(call, account, wanted.external_account)
    request(account, wanted.capabilities, call.now)
    return onboarding.told(call, record)


def request(account: Json, wanted: Capabilities, now: int) -> None:
    """Give the capabilities asked for: at once, or when the owner has answered."""
    asked = {name for name in ("card_payments", "transfers") if getattr(wanted, name).requested}
    fresh = asked - account["capabilities"].keys()
    account["capabilities"] |= dict.fromkeys(sorted(fresh), "inactive")
    if fresh and not account["requirements"]["currently_due"]:
        onboarding.answered(account, now)


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(onboarding.account_in(call).body)


def list_accounts(call: Call) -> Answer:
    return listed(call, "account", read(Page, call.form))


def account_of(wanted: CreateAccount, now: int) -> Json:
    account_id = mint("acct_1")
    account: Json = {
        "id": account_id,
        "object": "account",
        "business_profile": profile_of(wanted.business_profile),
        "business_type": wanted.business_type,
        "capabilities": {},
        "charges_enabled": False,
        "controller": {"type": "application", "is_controller": True},
        "country": wanted.country,
        "created": now,
        "default_currency": currency_code(wanted.default_currency or "usd"),
        "details_submitted": True,
        "email": wanted.email,
        "external_accounts": empty(f"/v1/accounts/{account_id}/external_accounts"),
        "future_requirements": onboarding.NOTHING_DUE,
        "metadata": merged({}, wanted.metadata),
        "payouts_enabled": False,
        "requirements": onboarding.NOTHING_DUE,
        "tos_acceptance": {"date": now},
        "type": wanted.type,
    }
    request(account, wanted.capabilities, now)
    return account


def profile_of(profile: BusinessProfile) -> Json:
    return {
        "mcc": profile.mcc,
        "name": profile.name,
        "product_description": profile.product_description,
        "support_address": None,
        "support_email": profile.support_email,
        "support_phone": None,
        "support_url": None,
        "url": profile.url,
    }
