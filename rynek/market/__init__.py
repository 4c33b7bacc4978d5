"""A generated market: shoppers with tastes, vendors with habits, and the truth kept aside."""

from rynek.market.generating import GenerateReport, generate

__all__ = ["GenerateReport", "generate"]
