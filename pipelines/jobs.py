"""What runs when: a load a minute, a training a night."""

from dagster import (
    AssetSelection,
    DagsterRunStatus,
    DefaultScheduleStatus,
    RunRequest,
    RunsFilter,
    ScheduleEvaluationContext,
    SkipReason,
    define_asset_job,
    in_process_executor,
    schedule,
)

from pipelines.abandoned import close_abandoned
from pipelines.installation import Installation
from pipelines.instance import limit_pools
from pipelines.keys import CANDIDATE, FORECASTS, INSIGHTS, LIVE, LOST_SALES, days_marts, today
from warehouse.source import is_open

TRAINING = AssetSelection.assets(CANDIDATE, LIVE)
ADVICE = AssetSelection.assets(FORECASTS, LOST_SALES, INSIGHTS)
UNDER_WAY = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
]

refresh = define_asset_job(
    "refresh",
    selection=AssetSelection.all() - TRAINING - ADVICE,
    description="Load what changed, rebuild, check, publish.",
    executor_def=in_process_executor,
)
advice = define_asset_job(
    "advice",
    selection=ADVICE,
    description="Forecast every listing, write every vendor's cards; the next refresh publishes.",
    executor_def=in_process_executor,
)
training = define_asset_job(
    "training",
    selection=TRAINING,
    description="Train a recommender on the published interactions; the gate decides.",
    executor_def=in_process_executor,
)
days = define_asset_job(
    "days",
    selection=AssetSelection.assets(*days_marts()),
    description="Build chosen days of the daily marts anew, all in one run.",
    executor_def=in_process_executor,
)
everything = define_asset_job(
    "everything",
    selection=AssetSelection.all(),
    description="From the core's tables to a live recommender, as `rynek pipeline run` does.",
    executor_def=in_process_executor,
)


@schedule(job=refresh, cron_schedule="* * * * *", default_status=DefaultScheduleStatus.RUNNING)
def each_minute(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """A slow load is not joined by a queue of others: one that runs is enough."""
    if not is_open(Installation.from_environment().database_url):
        return SkipReason("the market is not open yet: import or generate one")
    limit_pools(context.instance)
    close_abandoned(context.instance)
    for job in (refresh.name, everything.name):
        filters = RunsFilter(job_name=job, statuses=UNDER_WAY)
        if context.instance.get_runs_count(filters):
            return SkipReason(f"{job} is still under way")
    return RunRequest(partition_key=today())


@schedule(job=advice, cron_schedule="15 2 * * *", default_status=DefaultScheduleStatus.RUNNING)
def each_morning() -> RunRequest:
    return RunRequest()


@schedule(job=training, cron_schedule="15 3 * * *", default_status=DefaultScheduleStatus.RUNNING)
def each_night() -> RunRequest:
    return RunRequest()
