"""Every route of the API that the stand-in answers, with its verb."""

from typing import Final

from rynek.local.stripe import (
    accounts,
    balances,
    charges,
    events,
    payment_intents,
    payment_methods,
    transfers,
    webhook_endpoints,
)
from rynek.local.stripe.exchange import Verb

VERBS: Final[dict[tuple[str, str], Verb]] = {
    ("POST", "/v1/accounts"): accounts.create,
    ("GET", "/v1/accounts"): accounts.list_accounts,
    ("GET", "/v1/accounts/{id}"): accounts.retrieve,
    ("GET", "/v1/balance"): balances.retrieve,
    ("GET", "/v1/balance_transactions"): balances.list_transactions,
    ("GET", "/v1/balance_transactions/{id}"): balances.retrieve_transaction,
    ("GET", "/v1/charges"): charges.list_charges,
    ("GET", "/v1/charges/{id}"): charges.retrieve,
    ("GET", "/v1/events"): events.list_events,
    ("GET", "/v1/events/{id}"): events.retrieve,
    ("POST", "/v1/payment_intents"): payment_intents.create,
    ("GET", "/v1/payment_intents"): payment_intents.list_intents,
    ("GET", "/v1/payment_intents/{id}"): payment_intents.retrieve,
    ("POST", "/v1/payment_intents/{id}"): payment_intents.update,
    ("POST", "/v1/payment_intents/{id}/confirm"): payment_intents.confirm,
    ("POST", "/v1/payment_intents/{id}/cancel"): payment_intents.cancel,
    ("GET", "/v1/payment_methods/{id}"): payment_methods.retrieve,
    ("POST", "/v1/transfers"): transfers.create,
    ("GET", "/v1/transfers"): transfers.list_transfers,
    ("GET", "/v1/transfers/{id}"): transfers.retrieve,
    ("POST", "/v1/webhook_endpoints"): webhook_endpoints.create,
    ("GET", "/v1/webhook_endpoints"): webhook_endpoints.list_endpoints,
    ("GET", "/v1/webhook_endpoints/{id}"): webhook_endpoints.retrieve,
    ("DELETE", "/v1/webhook_endpoints/{id}"): webhook_endpoints.delete,
}
