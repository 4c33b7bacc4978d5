"""The registry as a page for people."""

from collections.abc import Iterator

from warehouse.metrics.figure import SMALL_DENOMINATOR
from warehouse.metrics.metric import Finest, Metric, in_words
from warehouse.metrics.registry import METRICS

HEAD = f"""# Metrics

What every figure means. This page is written by `rynek metrics --markdown`; a test holds it to the
registry in `warehouse/metrics/`, which the API, the pages and the notebooks read too.

- Money is in cents of the installation's one currency; days are the marketplace's.
- A figure is compared with the same elapsed span directly before. *Live* figures of a vendor reach
  to now; all others to the last day that is over.
- A share comes with its interval (95 %, Wilson). A ratio of fewer than {SMALL_DENOMINATOR} cases
  says so: read the interval, not the value.
- The *grain* is the finest that a figure is to be had by; a longer span is computed from its rows,
  never by adding up or averaging figures.
- A figure is *immature* until so many days after its last day as the table says.
"""

SCOPES = {
    frozenset({"vendor", "market"}): "a vendor, the market",
    frozenset({"vendor"}): "a vendor",
    frozenset({"market"}): "the market",
}
GRAINS: dict[Finest, str] = {"hour": "by day, of a vendor by hour too", "day": "by day"}


def markdown() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for metric in METRICS.values() for line in _section(metric))])


def _section(metric: Metric) -> Iterator[str]:
    yield f"## {metric.title} (`{metric.metric_id}`)"
    yield ""
    yield metric.meaning
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield from (f"| {name} | {text} |" for name, text in facts(metric))
    yield ""


def facts(metric: Metric) -> Iterator[tuple[str, str]]:
    """All that the registry says of a metric besides its title and its meaning, name by name."""
    yield "unit", metric.unit
    yield "grain", f"{SCOPES[metric.scopes]}; {GRAINS[metric.grain]}"
    yield ("numerator" if metric.denominator else "formula"), str(metric.numerator)
    if metric.denominator:
        yield "denominator", f"{metric.denominator}{metric.basis}"
    if metric.market:
        yield "for the market", in_words(*metric.market)
    if metric.window_days:
        yield "window", f"the last {metric.window_days} days of the span"
    yield "live", "yes" if metric.is_live else "no"
    yield "mature", _matures(metric.maturity_days)
    yield "good news", metric.better
    if metric.norm:
        sign = {"at_most": "≤", "at_least": "≥"}[metric.norm.kind]
        yield "norm", f"{sign} {metric.norm.value:.1%}"
    yield "owner", metric.owner


def _matures(days: int) -> str:
    if not days:
        return "at once"
    return f"after {days} {'day' if days == 1 else 'days'}"
