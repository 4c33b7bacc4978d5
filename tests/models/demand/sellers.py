"""Sales with a truth: each listing's own rate, drawn with one seed."""

import numpy as np

from models.demand.sales import Sales

DAYS = 364


def selling(*rates: float, days: int = DAYS, seed: int = 0, share: float = 1.0) -> Sales:
    """Poisson sales at `rates` a day, always open, all of one category, from a Monday on."""
    rng = np.random.default_rng(seed)
    units = rng.poisson(np.array(rates) * share, (days, len(rates))).astype(np.float32)
    return Sales(units, np.ones_like(units), np.zeros(len(rates), np.int64), 0)


def of(rows: list[list[float]], open_rows: list[list[float]] | None = None) -> Sales:
    """Sales from one list of days per listing."""
    units = np.array(rows, np.float32).T
    shares = np.ones_like(units) if open_rows is None else np.array(open_rows, np.float32).T
    return Sales(units, shares, np.zeros(len(rows), np.int64), 0)
