"""Definitions that know the market's days: read anew once a build found where they begin.

A server of definitions reads them when it starts, which may be before a market's first build.
"""

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunsFilter,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin

from pipelines.days import FIRST, noted_first
from pipelines.installation import Installation

UNDER_WAY = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


@sensor(
    name="read_days_anew",
    minimum_interval_seconds=30,
    default_status=DefaultSensorStatus.RUNNING,
    description="Ends the server of definitions that knows other days than the warehouse; whoever"
    " keeps it alive starts it again, with the market's days as they are.",
)
def read_days_anew(context: SensorEvaluationContext) -> SkipReason:
    """Never while a run is under way; its server would have to outlive it."""
    first = noted_first(Installation.from_environment().warehouse)
    if first == FIRST:
        return SkipReason(f"the days begin with {FIRST}")
    if context.instance.get_runs_count(RunsFilter(statuses=UNDER_WAY)):
        return SkipReason("a run is under way")
    if not isinstance(context.code_location_origin, GrpcServerCodeLocationOrigin):
        return SkipReason(f"the days begin with {first}: reload the definitions to see them")
    context.code_location_origin.create_client().shutdown_server()
    return SkipReason(f"the days begin with {first}: the definitions are read anew")
