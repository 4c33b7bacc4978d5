"""Demand of listings: what will sell, how sure that is, and when to order again."""
