"""Transfers to vendors' accounts, and their reversals."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from transactional.gateway.connection import LISTED_AT_ONCE, Connection, translated, under
from transactional.payment import intents


@dataclass(frozen=True, slots=True)
class Payout:
    """One vendor's share of one charge."""

    amount_cents: int
    currency: str
    destination: str
    transfer_group: str
    source_charge_id: str | None


class TransferCalls(Connection):
    def pay_out(self, payout: Payout, key: UUID) -> str:
        """Transfer a vendor's share; returns Stripe's transfer id."""
        params: dict[str, Any] = {
            "amount": payout.amount_cents,
            "currency": payout.currency.lower(),
            "destination": payout.destination,
            "transfer_group": payout.transfer_group,
            "metadata": {"transfer_key": str(key)},
        }
        if payout.source_charge_id is not None:
            params["source_transaction"] = payout.source_charge_id
        with translated():
            return self._client.v1.transfers.create(cast(Any, params), under(key)).id

    def find_payout(self, transfer_group: str, key: UUID) -> str | None:
        """Stripe's id of a transfer whose answer we may have lost."""
        with translated():
            found = self._client.v1.transfers.list(
                {"transfer_group": transfer_group, "limit": LISTED_AT_ONCE}
            )
            for transfer in found.auto_paging_iter():
                if intents.metadata(transfer, "transfer_key") == str(key):
                    return transfer.id
        return None

    def reverse(self, stripe_transfer_id: str, amount_cents: int, key: UUID) -> str:
        """Take part of a transfer back; returns Stripe's id of the reversal.

        Raises StripeRefusedError with `stripe_code` balance_insufficient where the vendor has not
        that much.
        """
        with translated():
            reversal = self._client.v1.transfers.reversals.create(
                stripe_transfer_id,
                {"amount": amount_cents, "metadata": {"reversal_key": str(key)}},
                under(key),
            )
        return reversal.id

    def find_reversal(self, stripe_transfer_id: str, key: UUID) -> str | None:
        """Stripe's id of a reversal whose answer we may have lost."""
        with translated():
            found = self._client.v1.transfers.reversals.list(
                stripe_transfer_id, {"limit": LISTED_AT_ONCE}
            )
            for reversal in found.auto_paging_iter():
                if intents.metadata(reversal, "reversal_key") == str(key):
                    return reversal.id
        return None
