"""What columns mean, in words.

Of the core's, one name means one thing in every table; one that is not here is the key of a table
or refers to one. Tables that no SELECT makes say it in comments where they are defined.
"""

import sqlglot
from sqlglot import exp

from warehouse.tables import TABLES, SourceTable

WORDS = {
    "row_version": "the transaction that wrote the row last; loads go by it",
    # who
    "shopper_pseudonym": "keyed pseudonym of a shopper, or of a visitor who is none yet",
    "visitor_pseudonym": "keyed pseudonym of a browser's visitor",
    "merged_into_pseudonym": "the shopper that the visitor turned out to be",
    "country": "ISO 3166 code of the country",
    "region": "the part of the country",
    "ship_to_country": "ISO 3166 code of the country of delivery",
    "source": "where the row comes from: live, an import, a generated market",
    # what
    "parent_id": "the category above, none for a root",
    "name": "the name that people see",
    "title": "the product's name that people see",
    "brand": "the product's brand",
    "image_url": "address of the product's first image",
    "sku": "the vendor's own name of the offer",
    "low_stock_threshold": "units below which the vendor is told",
    "ships_within_days": "working days that the vendor promises to ship within",
    "status": "the state, one of those of its table's state machine",
    "version": "counts the changes of the state that facts carry",
    "kind": "what kind of row of its table this is",
    "type": "what was done: view, click, cart, search, …",
    "reason": "why, as one of the words that the table allows",
    "cancel_reason": "why it was cancelled",
    "failure_code": "Stripe's code of why it failed",
    "origin": "refund, late_capture of a payment whose units were gone, or chargeback",
    "ended_in": "what became of a payment that succeeded: order or refund",
    "attempts": "how often it was tried",
    "hold_generation": "the generation of the hold that the payment belongs to",
    "is_placed_at_estimated": "whether an import had to guess the moment",
    "currency": "ISO 4217 code",
    "stars": "one to five",
    "query": "what was searched for",
    "list_id": "the list, of a search or of recommendations, that the item stood on",
    "rank": "the item's place on the list, from 1",
    "session_id": "the browser's own session",
    # units
    "quantity": "units",
    "units": "units of all lines",
    "received_units": "units that ever came in",
    "available_units": "units that may be sold; of a movement, the change",
    "held_units": "units in carts at the till; of a movement, the change",
    "sold_units": "units that were sold; of a movement, the change",
    "restocked_units": "units that came back to the shelf",
    # money: cents of the market's currency
    "amount_cents": "the sum in cents; of a posting with its sign",
    "price_cents": "price of one unit in cents, tax included",
    "line_cents": "price of the line in cents, discount off, tax included",
    "items_cents": "price of the goods in cents, discount off, tax included",
    "shipping_cents": "shipping in cents, tax included",
    "discount_cents": "what was taken off the price, in cents",
    "tax_cents": "tax in cents, contained in items and shipping",
    "withheld_tax_cents": "the part of the tax that the platform pays for the vendor, in cents",
    "commission_cents": "the platform's commission in cents",
    "commission_tax_cents": "tax on the commission in cents",
    "processing_cents": "the fee for processing the payment in cents",
    "net_cents": "what is left to the vendor, in cents",
    "total_cents": "what the shopper pays, in cents",
    "refunded_cents": "what went back to the shopper so far, in cents",
    "vendor_refunded_cents": "the vendor's part of what went back, in cents",
    "vendor_cents": "what the vendor bears of the refund, in cents",
    "reversed_cents": "what was taken back from transfers, in cents",
    "reversible_cents": "what may be taken back from the transfer, in cents",
    "netted_cents": "what was set off against the vendor's debts, in cents",
    "fee_cents": "the bank's fee for the dispute, in cents",
    "taken_cents": "what the bank has of it at present, in cents",
    "rate": "ten-thousandths: 300 is 3 %",
    "commission_rate": "commission frozen at sale, in ten-thousandths",
    "processing_rate": "processing fee frozen at sale, in ten-thousandths",
    "tax_rate": "tax rate frozen at sale, in ten-thousandths",
    # when: UTC
    "occurred_at": "when it happened in the world, UTC",
    "recorded_at": "when we learned of it, UTC",
    "created_at": "when it was made, UTC",
    "placed_at": "when the order was placed, UTC",
    "paid_at": "when it was paid, UTC; none before",
    "shipped_at": "when the parcel left, UTC; none before",
    "delivered_at": "when the parcel arrived, UTC; none before",
    "cancelled_at": "when it was cancelled, UTC",
    "ship_by_at": "when it should be shipped at the latest, UTC",
    "deliver_by_date": "the day by which delivery was promised",
    "succeeded_at": "when the payment succeeded, UTC",
    "answered_at": "when Stripe answered, UTC",
    "booked_at": "since when Stripe has it and the ledger counts it, UTC",
    "due_at": "when the money may go to the vendor, UTC",
    "sent_at": "when it was sent, UTC",
    "owed_at": "since when the vendor owes it, UTC",
    "settled_at": "when it was settled in full, UTC",
    "opened_at": "when the bank opened the dispute, UTC",
    "closed_at": "when it was closed, UTC",
    "evidence_due_at": "when the evidence is due, UTC",
    "evidence_sent_at": "when the evidence was sent, UTC",
    "edited_at": "when it was changed last, UTC",
    "removed_at": "when it was taken down, UTC",
    "merged_at": "when the visitor signed in, UTC",
    "starts_at": "from when on it counts, UTC",
    "ends_at": "until when it counts, UTC",
    "from_at": "from when on the price held, UTC",
}

# Tables by their key; some have it of another table, whose row they tell more of.
OWNERS_OF_KEYS = {table.key: table.name for table in reversed(TABLES)}


def meaning(table: SourceTable, column: str) -> str:
    """What the column says. Raises KeyError for one that nobody has found words for."""
    if column == table.key and OWNERS_OF_KEYS[column] == table.name:
        return f"the key, one of {table.name}"
    if column in WORDS:
        return WORDS[column]
    return f"which of {OWNERS_OF_KEYS[column]}"


def told(definitions: str) -> dict[str, dict[str, str]]:
    """Return, by target and column, the comments in the CREATE TABLE statements."""
    tables = (
        create.this
        for create in sqlglot.parse(definitions, dialect="duckdb")
        if isinstance(create, exp.Create) and isinstance(create.this, exp.Schema)
    )
    return {
        f"{table.this.db}.{table.this.name}": {
            column.name: " ".join(column.comments or ()).strip() for column in table.expressions
        }
        for table in tables
    }
