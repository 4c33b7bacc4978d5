"""What the warehouse loads from the core, column by column: the column contract (contract 1).

Only the columns named here ever leave Postgres. `left` are the columns we know and leave behind; a
column in neither list is new, which a load reports.
"""

from dataclasses import dataclass

# Postgres' short type name: (how the column is read out, what it is in DuckDB).
TYPES = {
    "bool": ("{}", "boolean"),
    "int4": ("{}", "integer"),
    "int8": ("{}", "bigint"),
    "text": ("{}", "varchar"),
    "bpchar": ("{}::text", "varchar"),
    "uuid": ("{}::text", "varchar"),
    "timestamptz": ("{}", "timestamptz"),
    "xid8": ("{}::text::bigint", "bigint"),
}


@dataclass(frozen=True)
class SourceTable:
    """One loaded table; one that is updated in place is indexed by BRIN on the cast row version."""

    name: str
    key: str
    columns: dict[str, str]
    left: frozenset[str]
    is_updated_in_place: bool
    day: str | None
    cents: str

    @property
    def target(self) -> str:
        return f"source.{self.name}"

    @property
    def is_buried(self) -> bool:
        """Whether a deleted row leaves a tombstone: all but those keyed by a uuid do."""
        return self.columns[self.key] == "int8"

    @property
    def signature(self) -> str:
        """The contract in one line: when it changes, the table is loaded whole."""
        return ", ".join(f"{name} {kind}" for name, kind in self.columns.items())

    def definition(self) -> str:
        return ", ".join(f"{name} {TYPES[kind][1]}" for name, kind in self.columns.items())

    def select(self, since: str | None) -> str:
        """SQL for the rows that a load at snapshot `since` could not see; all rows without one."""
        columns = ", ".join(
            f"{TYPES[kind][0].format(name)} as {name}" for name, kind in self.columns.items()
        )
        return f"select {columns} from {self.name}{self._unseen(since)}"

    def _unseen(self, since: str | None) -> str:
        if since is None:
            return ""
        xmin = since.split(":")[0]
        reachable = (
            f"(row_version::text)::bigint >= {xmin}"
            if self.is_updated_in_place
            else f"row_version >= '{xmin}'::xid8"
        )
        return f" where {reachable} and not pg_visible_in_snapshot(row_version, '{since}')"


def _table(
    name: str,
    key: str,
    columns: str,
    left: str = "",
    *,
    is_updated_in_place: bool = False,
    day: str | None = None,
    cents: str = "0",
) -> SourceTable:
    pairs = dict(column.split() for column in columns.replace("\n", " ").split(","))
    return SourceTable(
        name=name,
        key=key,
        columns=pairs | {"row_version": "xid8"},
        left=frozenset(left.split()),
        is_updated_in_place=is_updated_in_place,
        day=day,
        cents=cents,
    )


# What was deleted, by table and key; a load reads the new ones and keeps none.
TOMBSTONES = _table(
    "tombstones",
    "tombstone_id",
    "tombstone_id int8, table_name text, key int8, recorded_at timestamptz",
)

TABLES = (
    _table("owners", "owner_id", "owner_id int8", left="legal_name"),
    _table(
        "vendors",
        "vendor_id",
        """vendor_id int8, owner_id int8, name text, status text, country bpchar, region text,
        ships_within_days int4, source text, created_at timestamptz""",
        left="""stripe_account_id stripe_account_key source_ref version email is_transfer_capable
        is_payout_ready requirements_due account_checked_at open_weekdays status_version
        status_reason""",
    ),
    _table(
        "shoppers",
        "shopper_pseudonym",
        "shopper_pseudonym int8, country bpchar, region text, source text, created_at timestamptz",
        left="shopper_id email name source_ref",
    ),
    _table(
        "visitors",
        "visitor_pseudonym",
        "visitor_pseudonym int8, merged_into_pseudonym int8, merged_at timestamptz",
        left="visitor_id created_at",
    ),
    _table(
        "categories",
        "category_id",
        "category_id int8, parent_id int8, name text, source text",
        left="source_ref",
    ),
    _table(
        "products",
        "product_id",
        """product_id int8, category_id int8, title text, brand text, image_url text, source text,
        created_at timestamptz""",
        left="source_ref weight_grams",
    ),
    _table(
        "offers",
        "offer_id",
        """offer_id int8, product_id int8, vendor_id int8, sku text, price_cents int8, status text,
        version int8, created_at timestamptz""",
        left="variant_id",
        is_updated_in_place=True,
    ),
    _table(
        "stock",
        "offer_id",
        """offer_id int8, received_units int8, available_units int8, held_units int8,
        sold_units int8, low_stock_threshold int8, version int8""",
        is_updated_in_place=True,
    ),
    _table(
        "orders",
        "order_id",
        """order_id int8, shopper_pseudonym int8, status text, items_cents int8,
        shipping_cents int8, total_cents int8, source text, placed_at timestamptz,
        is_placed_at_estimated bool, paid_at timestamptz, cancelled_at timestamptz,
        discount_cents int8, tax_cents int8, refunded_cents int8, version int8""",
        left="shopper_id source_ref ship_to ship_to_country",
        is_updated_in_place=True,
        day="placed_at",
        cents="total_cents",
    ),
    _table(
        "vendor_orders",
        "vendor_order_id",
        """vendor_order_id int8, order_id int8, vendor_id int8, shopper_pseudonym int8, status text,
        items_cents int8, shipping_cents int8, commission_cents int8, processing_cents int8,
        net_cents int8, units int8, placed_at timestamptz, paid_at timestamptz,
        ship_by_at timestamptz, shipped_at timestamptz, delivered_at timestamptz,
        cancelled_at timestamptz, discount_cents int8, tax_cents int8, withheld_tax_cents int8,
        commission_tax_cents int8, refunded_cents int8, vendor_refunded_cents int8, version int8""",
        left="tracking_code carrier weight_grams deliver_by_date cancel_reason",
        is_updated_in_place=True,
        day="placed_at",
        cents="items_cents",
    ),
    _table(
        "order_lines",
        "line_id",
        """line_id int8, order_id int8, vendor_order_id int8, vendor_id int8, offer_id int8,
        product_id int8, quantity int8, line_cents int8, shipping_cents int8,
        commission_rate int4, processing_rate int4, commission_cents int8, processing_cents int8,
        discount_cents int8, tax_cents int8, withheld_tax_cents int8, commission_tax_cents int8,
        placed_at timestamptz""",
        left="""variant_id promotion_id tax_rate commission_rule_id commission_basis
        commission_tax_rate""",
        day="placed_at",
        cents="line_cents",
    ),
    _table(
        "payments",
        "payment_id",
        """payment_id int8, order_id int8, hold_generation int4, status text, amount_cents int8,
        failure_code text, source text, created_at timestamptz, succeeded_at timestamptz,
        version int8""",
        left="stripe_payment_intent_id stripe_charge_id checked_at ended_in",
        is_updated_in_place=True,
        day="created_at",
        cents="amount_cents",
    ),
    _table(
        "transfers",
        "transfer_id",
        """transfer_id int8, order_id int8, vendor_order_id int8, vendor_id int8, status text,
        amount_cents int8, due_at timestamptz, attempts int4, sent_at timestamptz""",
        left="""idempotency_key transfer_group stripe_transfer_id lease_expires_at fencing_token
        last_error netted_cents reversed_cents""",
        is_updated_in_place=True,
        day="due_at",
        cents="amount_cents",
    ),
    _table(
        "adjustments",
        "adjustment_id",
        """adjustment_id int8, vendor_id int8, shopper_pseudonym int8, product_id int8,
        quantity int8, amount_cents int8, reason text, source text, occurred_at timestamptz""",
        left="source_ref",
        day="occurred_at",
        cents="amount_cents",
    ),
    _table(
        "journals",
        "journal_id",
        """journal_id int8, kind text, order_id int8, currency bpchar, occurred_at timestamptz,
        recorded_at timestamptz""",
        left="reference",
        day="occurred_at",
    ),
    _table(
        "postings",
        "posting_id",
        "posting_id int8, journal_id int8, account_id int8, amount_cents int8",
    ),
    _table(
        "behaviour_events",
        "event_id",
        """event_id uuid, occurred_at timestamptz, recorded_at timestamptz, type text,
        shopper_pseudonym int8, session_id text, product_id int8, offer_id int8, vendor_id int8,
        list_id text, rank int4, query text, source text""",
        day="occurred_at",
    ),
)
