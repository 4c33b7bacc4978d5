"""Charts as Vega-Lite, defined once through Altair; the page brings the data and its theme."""

import functools
import gzip
import threading
from importlib.metadata import version
from typing import Any

import altair as alt
import vl_convert

SCRIPT_VERSION = version("vl-convert-python")
FIGURE_HEIGHT, ORDERS_HEIGHT, GAP = 196, 54, 16
AXIS_WIDTH = 46  # the same in both panels, so that their days stand under each other
DATA = "series"  # the page fills the data set of this name
RESTING_OPACITY = 0.88
UNRIPE_OPACITY = 0.4  # what may still change is drawn as faintly as it is known
BAND_OPACITY = 0.22

# The page names what it draws; these stand for it in the definition.
TOOLTIP = [
    alt.Tooltip("label:N", title="When"),
    alt.Tooltip("figure_text:N", title="Figure"),
    alt.Tooltip("before_text:N", title="Before"),
    alt.Tooltip("orders_text:N", title="Orders"),
]


@functools.cache
def figure_and_orders() -> dict[str, Any]:
    """Two panels over the same days: a figure with the days before as steps, above orders.

    The page says which figure, in which unit; its config styles colour both.
    """
    days = alt.Axis(
        format="%-d %b", grid=False, labelFlush=True, labelOverlap="greedy", tickCount=8
    )
    pointed = _pointed("figure"), _pointed("orders")
    amounts = alt.Axis(
        labelExpr="format(datum.value, '$~s')",  # by itself, so that $800 stands under $1k
        tickCount=4,
        minExtent=AXIS_WIDTH,
        maxExtent=AXIS_WIDTH,
    )
    counts = alt.Axis(format="~s", tickCount=2, minExtent=AXIS_WIDTH, maxExtent=AXIS_WIDTH)
    bars = _bars("figure", amounts, None, pointed)
    figure = bars + _steps(amounts) + _columns(FIGURE_HEIGHT, None, pointed[0])
    orders = _bars("orders", counts, days, pointed) + _columns(ORDERS_HEIGHT, days, pointed[1])
    chart = alt.vconcat(
        figure.properties(height=FIGURE_HEIGHT),
        orders.properties(height=ORDERS_HEIGHT),
        data=alt.NamedData(name=DATA),
        spacing=GAP,
    )
    return dict(chart.resolve_scale(x="shared").to_dict())


def _pointed(panel: str) -> alt.Parameter:
    return alt.selection_point(
        name=f"pointed_{panel}", fields=["date"], on="pointerover", clear="pointerout", empty=False
    )


def _time(field: str, axis: alt.Axis | None) -> alt.X:
    return alt.X(field, type="temporal", scale=alt.Scale(type="utc"), axis=axis, title=None)


def _bars(
    field: str, amounts: alt.Axis, days: alt.Axis | None, pointed: tuple[alt.Parameter, ...]
) -> alt.Chart:
    is_pointed = pointed[0] | pointed[1]
    chart: alt.Chart = alt.Chart().mark_rect(
        style=field, cornerRadiusTopLeft=2, cornerRadiusTopRight=2
    )
    return chart.encode(
        x=_time("start", days),
        x2="end:T",
        y=alt.Y(field, type="quantitative", axis=amounts, title=None),
        y2=alt.datum(0),
        fillOpacity=alt.when(is_pointed)
        .then(alt.value(1))
        .when(f"datum.{field}_is_ripe")
        .then(alt.value(RESTING_OPACITY))
        .otherwise(alt.value(UNRIPE_OPACITY)),
    )


def _steps(amounts: alt.Axis) -> alt.Chart:
    """The same elapsed span before, as a line over each bar's width."""
    chart: alt.Chart = alt.Chart().mark_rule(style="before")
    return chart.encode(
        x=_time("from", None),
        x2="until:T",
        y=alt.Y("before", type="quantitative", axis=amounts, title=None),
    ).transform_filter("datum.before !== null")


def _columns(height: int, days: alt.Axis | None, pointed: alt.Parameter) -> alt.Chart:
    """A day without sales has no bar to point at, so its whole column answers."""
    chart: alt.Chart = alt.Chart().mark_rect(opacity=0)
    return chart.encode(
        x=_time("from", days), x2="until:T", y=alt.value(0), y2=alt.value(height), tooltip=TOOLTIP
    ).add_params(pointed)


@functools.cache
def demand() -> dict[str, Any]:
    """Weeks that were sold as bars; weeks ahead as a line in the band that holds nine in ten."""
    weeks = alt.Axis(format="%-d %b", grid=False, labelOverlap="greedy", tickCount=8)
    units = alt.Axis(
        labelExpr="format(datum.value, datum.value < 1 ? '~f' : '~s')",  # half a unit is no 500m
        tickCount=4,
        minExtent=AXIS_WIDTH,
        maxExtent=AXIS_WIDTH,
    )
    told = [
        alt.Tooltip("label:N", title="Week"),
        alt.Tooltip("units_text:N", title="Units"),
    ]
    rows: alt.Chart = alt.Chart(data=alt.NamedData(name=DATA))
    week = rows.encode(x=_time("start", weeks), x2="end:T")
    ahead = week.transform_filter("datum.high !== null")
    sold = (
        week.transform_filter("datum.units !== null")
        .mark_rect(style="orders", cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(y=_units("units", units), y2=alt.datum(0), tooltip=told)
    )
    band = ahead.mark_rect(style="figure", opacity=BAND_OPACITY).encode(
        y=_units("low", units), y2="high:Q", tooltip=told
    )
    expected = ahead.mark_rule(style="figure", strokeWidth=2).encode(y=_units("expected", units))
    # The axis reaches one unit at least: of a product that hardly sells it would tell noise.
    unit = rows.mark_rule(opacity=0).encode(y=alt.datum(1))
    return dict((sold + band + expected + unit).properties(height=FIGURE_HEIGHT).to_dict())


def _units(field: str, axis: alt.Axis) -> alt.Y:
    return alt.Y(field, type="quantitative", axis=axis, title=None)


@functools.cache
def script() -> bytes:
    """Vega-Embed and all it needs as one script, gzipped: pages fetch nothing from elsewhere."""
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return gzip.compress(bundle.encode(), mtime=0)


def prepare() -> None:
    """Bundles in the background, so that the first page need not wait for it."""
    threading.Thread(target=script, name="chart script", daemon=True).start()
