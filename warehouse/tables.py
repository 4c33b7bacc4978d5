"""What the warehouse loads from the core, column by column: the column contract (contract 1).

Only the columns named here ever leave Postgres. `left` are the columns we know and leave behind; a
column in neither list is new, which a load reports.
"""

from dataclasses import dataclass

# Postgres' short type name: (how the column is read out, what it is in DuckDB).
TYPES = {
    "bool": ("{}", "boolean"),
    "int2": ("{}", "smallint"),
    "int4": ("{}", "integer"),
    "int8": ("{}", "bigint"),
    "text": ("{}", "varchar"),
    "bpchar": ("{}::text", "varchar"),
    "uuid": ("{}::text", "varchar"),
    "date": ("{}", "date"),
    "timestamptz": ("{}", "timestamptz"),
    "xid8": ("{}::text::bigint", "bigint"),
}


@dataclass(frozen=True)
class SourceTable:
    """One loaded table; the busiest are indexed by BRIN on the cast row version, not by B-tree.

    `goes_with`: the column that holds what is deleted, and the tables whose tombstones say so.
    `has_day_index`: a B-tree on `day` holds `cents`, so that a day is counted without its rows.
    """

    name: str
    key: str
    columns: dict[str, str]
    left: frozenset[str]
    has_brin: bool
    day: str | None
    cents: str
    goes_with: tuple[str, tuple[str, ...]]
    has_day_index: bool

    @property
    def target(self) -> str:
        return f"source.{self.name}"

    def buried(self) -> str:
        """SQL for the rows that the tombstones in `buried` remove."""
        column, tables = self.goes_with
        names = ", ".join(f"'{table}'" for table in tables)
        return f"{column} in (select key from buried where table_name in ({names}))"

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
            if self.has_brin
            else f"row_version >= '{xmin}'::xid8"
        )
        return f" where {reachable} and not pg_visible_in_snapshot(row_version, '{since}')"


def _table(
    name: str,
    key: str,
    columns: str,
    left: str = "",
    *,
    has_brin: bool = False,
    day: str | None = None,
    cents: str = "0",
    goes_with: tuple[str, tuple[str, ...]] | None = None,
    has_day_index: bool = False,
) -> SourceTable:
    pairs = dict(column.split() for column in columns.replace("\n", " ").split(","))
    return SourceTable(
        name=name,
        key=key,
        columns=pairs | {"row_version": "xid8"},
        left=frozenset(left.split()),
        has_brin=has_brin,
        day=day,
        cents=cents,
        goes_with=goes_with or (key, (name,)),
        has_day_index=has_day_index,
    )


# Who is erased leaves by these tables; what they did goes with them.
PEOPLE = ("shoppers", "visitors")

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
        left="shopper_id email name source_ref erased_at",
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
        version int8, created_at timestamptz, variant_id int8""",
        has_brin=True,
    ),
    _table(
        "variants",
        "variant_id",
        "variant_id int8, product_id int8, name text, created_at timestamptz",
        left="attributes weight_grams",
    ),
    _table(
        "promotions",
        "promotion_id",
        """promotion_id int8, vendor_id int8, product_id int8, category_id int8, name text,
        rate int4, starts_at timestamptz, ends_at timestamptz""",
    ),
    _table(
        "offer_prices",
        "offer_price_id",
        "offer_price_id int8, offer_id int8, price_cents int8, from_at timestamptz",
        has_brin=True,
    ),
    _table(
        "stock",
        "offer_id",
        """offer_id int8, received_units int8, available_units int8, held_units int8,
        sold_units int8, low_stock_threshold int8, version int8""",
        has_brin=True,
    ),
    _table(
        "stock_moves",
        "stock_move_id",
        """stock_move_id int8, offer_id int8, order_id int8, kind text, available_units int8,
        held_units int8, sold_units int8, occurred_at timestamptz""",
        has_brin=True,
        day="occurred_at",
    ),
    _table(
        "orders",
        "order_id",
        """order_id int8, shopper_pseudonym int8, status text, items_cents int8,
        shipping_cents int8, total_cents int8, source text, placed_at timestamptz,
        is_placed_at_estimated bool, paid_at timestamptz, cancelled_at timestamptz,
        discount_cents int8, tax_cents int8, refunded_cents int8, ship_to_country bpchar,
        version int8""",
        left="shopper_id source_ref ship_to",
        has_brin=True,
        day="placed_at",
        cents="total_cents",
        has_day_index=True,
    ),
    _table(
        "vendor_orders",
        "vendor_order_id",
        """vendor_order_id int8, order_id int8, vendor_id int8, shopper_pseudonym int8, status text,
        items_cents int8, shipping_cents int8, commission_cents int8, processing_cents int8,
        net_cents int8, units int8, placed_at timestamptz, paid_at timestamptz,
        ship_by_at timestamptz, shipped_at timestamptz, delivered_at timestamptz,
        cancelled_at timestamptz, discount_cents int8, tax_cents int8, withheld_tax_cents int8,
        commission_tax_cents int8, refunded_cents int8, vendor_refunded_cents int8,
        deliver_by_date date, cancel_reason text, version int8""",
        left="tracking_code carrier weight_grams",
        has_brin=True,
        day="placed_at",
        cents="items_cents",
        has_day_index=True,
    ),
    _table(
        "order_lines",
        "line_id",
        """line_id int8, order_id int8, vendor_order_id int8, vendor_id int8, offer_id int8,
        product_id int8, quantity int8, line_cents int8, shipping_cents int8,
        commission_rate int4, processing_rate int4, commission_cents int8, processing_cents int8,
        discount_cents int8, tax_cents int8, withheld_tax_cents int8, commission_tax_cents int8,
        variant_id int8, promotion_id int8, tax_rate int4, placed_at timestamptz""",
        left="commission_rule_id commission_basis commission_tax_rate",
        day="placed_at",
        cents="line_cents",
    ),
    _table(
        "payments",
        "payment_id",
        """payment_id int8, order_id int8, hold_generation int4, status text, amount_cents int8,
        failure_code text, source text, created_at timestamptz, succeeded_at timestamptz,
        ended_in text, version int8""",
        left="stripe_payment_intent_id stripe_charge_id checked_at",
        has_brin=True,
        day="created_at",
        cents="amount_cents",
    ),
    _table(
        "transfers",
        "transfer_id",
        """transfer_id int8, order_id int8, vendor_order_id int8, vendor_id int8, status text,
        amount_cents int8, netted_cents int8, reversed_cents int8, due_at timestamptz,
        attempts int4, sent_at timestamptz""",
        left="""idempotency_key transfer_group stripe_transfer_id lease_expires_at fencing_token
        last_error""",
        has_brin=True,
        day="due_at",
        cents="amount_cents",
    ),
    _table(
        "refunds",
        "refund_id",
        """refund_id int8, order_id int8, payment_id int8, origin text, status text, reason text,
        amount_cents int8, failure_code text, created_at timestamptz, answered_at timestamptz,
        booked_at timestamptz, version int8""",
        left="""idempotency_key stripe_refund_id lease_expires_at fencing_token attempts
        last_error""",
        day="created_at",
        cents="amount_cents",
    ),
    _table(
        "refund_lines",
        "refund_line_id",
        """refund_line_id int8, refund_id int8, line_id int8, vendor_order_id int8, vendor_id int8,
        quantity int8, restocked_units int8, items_cents int8, shipping_cents int8, tax_cents int8,
        withheld_tax_cents int8, commission_cents int8, commission_tax_cents int8,
        processing_cents int8, vendor_cents int8""",
    ),
    _table(
        "transfer_reversals",
        "transfer_reversal_id",
        """transfer_reversal_id int8, transfer_id int8, refund_id int8, vendor_id int8, status text,
        amount_cents int8, reversible_cents int8, reversed_cents int8, netted_cents int8,
        created_at timestamptz, owed_at timestamptz, settled_at timestamptz""",
        left="""idempotency_key stripe_reversal_id lease_expires_at fencing_token attempts
        last_error""",
        day="created_at",
        cents="amount_cents",
    ),
    _table(
        "disputes",
        "dispute_id",
        """dispute_id int8, order_id int8, payment_id int8, status text, reason text,
        amount_cents int8, taken_cents int8, fee_cents int8, evidence_due_at timestamptz,
        evidence_sent_at timestamptz, opened_at timestamptz, closed_at timestamptz, version int8""",
        left="stripe_dispute_id evidence_text evidence_key evidence_error",
        day="opened_at",
        cents="amount_cents",
    ),
    _table(
        "reviews",
        "review_id",
        """review_id int8, line_id int8, product_id int8, vendor_id int8, shopper_pseudonym int8,
        stars int2, created_at timestamptz, edited_at timestamptz, removed_at timestamptz""",
        left="text removal_reason",
        day="created_at",
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
    _table("accounts", "account_id", "account_id int8, kind text, vendor_id int8"),
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
        goes_with=("shopper_pseudonym", PEOPLE),
    ),
)
