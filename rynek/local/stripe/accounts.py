"""Connected accounts (v1), as destinations of transfers.

Stripe asks an account questions before it may receive money; here a capability that is requested
is active at once.
"""

from typing import Final

from msgspec import Struct

from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import empty, listed
from rynek.local.stripe.parameters import Nothing, Page, currency_code, merged, read
from rynek.local.stripe.refusals import Json

SETTLED_REQUIREMENTS: Final[Json] = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}


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


class CreateAccount(Struct, forbid_unknown_fields=True):
    """What a platform says about a vendor's account."""

    type: str = "standard"
    country: str = "US"
    email: str | None = None
    business_type: str | None = None
    default_currency: str = "usd"
    capabilities: Capabilities = Capabilities()
    business_profile: BusinessProfile = BusinessProfile()
    metadata: dict[str, str] | None = None


def create(call: Call) -> Answer:
    account = account_of(read(CreateAccount, call.form), call.now)
    return ok(call.books.add(account).body)


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(call.find("account", "account", call.path["id"]).body)


def list_accounts(call: Call) -> Answer:
    return listed(call, "account", read(Page, call.form))


def account_of(wanted: CreateAccount, now: int) -> Json:
    account_id = mint("acct_1")
    requested = {
        "card_payments": wanted.capabilities.card_payments.requested,
        "transfers": wanted.capabilities.transfers.requested,
    }
    return {
        "id": account_id,
        "object": "account",
        "business_profile": profile_of(wanted.business_profile),
        "business_type": wanted.business_type,
        "capabilities": {name: "active" for name, is_on in requested.items() if is_on},
        "charges_enabled": requested["card_payments"],
        "controller": {"type": "application", "is_controller": True},
        "country": wanted.country,
        "created": now,
        "default_currency": currency_code(wanted.default_currency),
        "details_submitted": True,
        "email": wanted.email,
        "external_accounts": empty(f"/v1/accounts/{account_id}/external_accounts"),
        "future_requirements": SETTLED_REQUIREMENTS,
        "metadata": merged({}, wanted.metadata),
        "payouts_enabled": requested["transfers"],
        "requirements": SETTLED_REQUIREMENTS,
        "tos_acceptance": {"date": now},
        "type": wanted.type,
    }


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
