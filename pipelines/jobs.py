"""What runs when: a load a minute, a training a night."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

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
from pipelines.days import today
from pipelines.installation import Installation
from pipelines.instance import QUIET, limit_pools
from pipelines.keys import (
    CANDIDATE,
    FORECASTS,
    INSIGHTS,
    LIVE,
    LOST_SALES,
    days_marts,
)
from pipelines.specs import joined_models
from pipelines.tidying import tidy
from warehouse.errors import WarehouseError
from warehouse.manifest import current
from warehouse.source import has_news, is_open

TRAINING = AssetSelection.assets(CANDIDATE, LIVE)
ADVICE = AssetSelection.assets(FORECASTS, LOST_SALES, INSIGHTS)
EACH_HOUR = "15 * * * *"
# `data_through` moves on at least so often, and assets stay as fresh as they must be.
QUIET_AT_MOST = timedelta(minutes=10)
JOINED = AssetSelection.assets(*(spec.key for spec in joined_models()))
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
    selection=ADVICE | JOINED,
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


@schedule(
    job=refresh,
    cron_schedule="* * * * *",
    default_status=DefaultScheduleStatus.RUNNING,
    description="Load what changed and publish; not while an earlier load is under way, and every"
    " ten minutes where nothing changed.",
)
def each_minute(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """A slow load is not joined by a queue of others: one that runs is enough."""
    installation = Installation.from_environment()
    if not is_open(installation.database_url):
        return SkipReason("the market is not open yet: import or generate one")
    limit_pools(context.instance)
    close_abandoned(context.instance)
    for job in (refresh.name, everything.name):
        filters = RunsFilter(job_name=job, statuses=UNDER_WAY)
        if context.instance.get_runs_count(filters):
            return SkipReason(f"{job} is still under way")
    if _is_up_to_date(installation, datetime.now(UTC)):
        return SkipReason("nothing changed since the last load")
    return RunRequest(partition_key=today(), run_config=QUIET)


def _is_up_to_date(installation: Installation, now: datetime) -> bool:
    """A quiet market is not refreshed each minute: a run of nothing leaves 1.4 MB of history."""
    try:
        published = current(installation.published)
    except WarehouseError:
        return False
    is_recent = now - published.built_at < QUIET_AT_MOST
    return is_recent and not has_news(installation.database_url, published.moment)


@schedule(
    job=advice,
    cron_schedule=EACH_HOUR,
    default_status=DefaultScheduleStatus.RUNNING,
    description="Once a night, at three in the market's time zone: the day before is whole then.",
)
def each_morning(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """Forecasts and cards."""
    return _at(3, context)


@schedule(
    job=training,
    cron_schedule=EACH_HOUR,
    default_status=DefaultScheduleStatus.RUNNING,
    description="Once a night, at four in the market's time zone, after the forecasts.",
)
def each_night(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """A recommender that knows the day before."""
    return _at(4, context)


@schedule(
    job=tidy,
    cron_schedule="45 * * * *",
    default_status=DefaultScheduleStatus.RUNNING,
    description="Every hour, so that there is never much to forget at once.",
)
def each_hour() -> RunRequest:
    """Runs that are older than they are kept."""
    return RunRequest(run_config=QUIET)


def _at(hour: int, context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """The zone is the market's, told by what is published. No clock change skips these hours."""
    try:
        zone = ZoneInfo(current(Installation.from_environment().published).time_zone)
    except WarehouseError as error:
        return SkipReason(str(error))
    now = context.scheduled_execution_time.astimezone(zone)
    if now.hour != hour:
        return SkipReason(f"it is {now:%H:%M} in {zone}")
    return RunRequest()
