"""The money on its way on, and back: transfers, refunds, reversals, disputes, the ledger."""
