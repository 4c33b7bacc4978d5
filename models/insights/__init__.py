"""Insights: what a vendor might do next, as cards with the numbers behind them."""
