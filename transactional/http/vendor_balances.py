"""The route of a vendor's balance."""

from fastapi import APIRouter
from pydantic import AwareDatetime

from transactional.http.market import Running, VendorOrOperator
from transactional.http.wire import Answer, TransferReversalId, VendorId, VendorOrderId
from transactional.people import vendors
from transactional.settlement import vendor_balances

router = APIRouter(tags=["vendors"])


class Debt(Answer):
    """A demand that the vendor's balance at Stripe did not cover."""

    transfer_reversal_id: TransferReversalId
    vendor_order_id: VendorOrderId
    owed_cents: int
    owed_at: AwareDatetime
    age_days: int


class VendorBalance(Answer):
    """`payable_cents` is the ledger's word; negative where the vendor owes more than it gets."""

    payable_cents: int
    held_cents: int
    due_cents: int
    frozen_cents: int
    sending_cents: int
    reversing_cents: int
    owed_cents: int
    debts: list[Debt]


@router.get("/v1/vendors/{vendor_id}/balance")
def read_balance(vendor_id: VendorId, who: VendorOrOperator, market: Running) -> VendorBalance:
    """What is held until delivery, due, frozen by disputes; what is owed, netted from the next."""
    if who.role == "vendor" and who.subject_id != vendor_id:
        raise vendors.VendorUnknownError
    with market.database.transaction() as connection:
        vendors.read(connection, vendor_id)
        return VendorBalance.of(vendor_balances.read(connection, vendor_id, market.clock()))
