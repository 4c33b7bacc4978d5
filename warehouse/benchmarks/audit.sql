-- marts.benchmarks: every shown cell from $since on keeps the rules, counted anew
-- grain: one broken rule
with units as (
    select
        *,
        '/' || category_id || '/' || price_band || '/' || volume_band || '/' as path
    from benchmarks.units
    where period_date >= $since - interval 12 month
),

-- each unit in its cohort and in all that this lies in
placed as (
    select
        period_date,
        metric_id,
        owner_id,
        path,
        unnest([
            '/',
            '/' || category_id || '/',
            '/' || category_id || '/' || price_band || '/',
            path
        ]) as cohort
    from units
),

cells as (
    select period_date, metric_id, cohort, mean, lower_quartile, median, upper_quartile, step
    from marts.benchmarks
    where period_date >= $since - interval 12 month
),

inside as (
    select cells.*, units.owner_id, units.path, units.capped
    from units
    inner join cells using (period_date, metric_id)
    where starts_with(units.path, cells.cohort) and units.period_date >= $since
),

counts as (
    select period_date, metric_id, cohort, count(distinct owner_id) as owners
    from inside
    group by all
),

rests as (
    select period_date, metric_id, owner_id, path, max_by(cohort, length(cohort)) as cohort
    from inside
    group by all
),

small_rests as (
    select period_date, metric_id, cohort, count(distinct owner_id) as owners
    from rests
    group by all
    having owners < 10
),

mean_rests as (
    select
        period_date, metric_id, owner_id, path, capped, max_by(cohort, length(cohort)) as cohort
    from inside
    where mean is not null
    group by all
),

shares as (
    select period_date, metric_id, cohort, owner_id, sum(capped) as share
    from mean_rests
    group by all
),

concentrations as (
    select
        period_date,
        metric_id,
        cohort,
        sum(share) as total,
        list_sort(list(share), 'desc')[1] as first,
        coalesce(list_sort(list(share), 'desc')[2], 0) as second
    from shares
    group by all
),

-- a sum and a count are told of shown cells, and of those that shown cells make up
told as (
    select placed.period_date, placed.metric_id, placed.cohort
    from placed
    left join cells
        on cells.period_date = placed.period_date
        and cells.metric_id = placed.metric_id
        and starts_with(placed.path, cells.cohort)
        and length(cells.cohort) >= length(placed.cohort)
    group by all
    having count(*) filter (where cells.cohort is null) = 0
),

months as (
    select distinct now.period_date, now.metric_id, before.period_date as before_date
    from told as now
    inner join told as before
        on before.metric_id = now.metric_id
        and before.period_date < now.period_date
        and before.period_date >= now.period_date - interval 12 month
    where now.period_date >= $since
),

told_of_two as (
    select
        months.*,
        told.cohort,
        bool_or(told.period_date = months.period_date) as is_told,
        bool_or(told.period_date = months.before_date) as was_told
    from months
    inner join told
        on told.metric_id = months.metric_id
        and told.period_date in (months.period_date, months.before_date)
    group by all
),

-- each unit of two months in the smallest cell that both tell of, and in the smallest that one does
traced as (
    select
        told_of_two.period_date,
        told_of_two.metric_id,
        told_of_two.before_date,
        placed.owner_id,
        placed.path,
        placed.period_date as unit_date,
        max_by(placed.cohort, length(placed.cohort)) filter (where is_told and was_told) as in_both,
        max_by(placed.cohort, length(placed.cohort)) as in_either
    from told_of_two
    inner join placed
        on placed.metric_id = told_of_two.metric_id
        and placed.cohort = told_of_two.cohort
        and placed.period_date in (told_of_two.period_date, told_of_two.before_date)
    group by all
),

small_rests_of_two as (
    select
        traced.period_date, traced.metric_id, in_either as cohort, count(distinct owner_id) as owners
    from traced
    inner join told_of_two
        on told_of_two.period_date = traced.period_date
        and told_of_two.metric_id = traced.metric_id
        and told_of_two.before_date = traced.before_date
        and told_of_two.cohort = traced.in_either
    where if(unit_date = traced.period_date, is_told, was_told)
    group by traced.period_date, traced.metric_id, traced.before_date, unit_date, in_either
    having owners < 10
),

present as (
    select
        period_date,
        metric_id,
        before_date,
        in_both as cohort,
        owner_id,
        count(*) filter (where unit_date = period_date) as units,
        count(*) filter (where unit_date = before_date) as units_before
    from traced
    where in_both is not null
    group by all
),

small_changes as (
    select period_date, metric_id, cohort, count(*) filter (where units <> units_before) as owners
    from present
    group by period_date, metric_id, before_date, cohort
    having owners between 1 and 2
)

select period_date, metric_id, cohort, 'fewer than 10 owners' as broken
from counts
where owners < 10
union all
select cells.period_date, cells.metric_id, cohort, 'quartiles of fewer than 20 owners'
from cells
inner join counts using (period_date, metric_id, cohort)
where owners < 20 and coalesce(lower_quartile, upper_quartile) is not null
union all
select period_date, metric_id, cohort, 'a difference of cells leaves fewer than 10 owners'
from small_rests
union all
select period_date, metric_id, cohort, 'a difference of cells over two months leaves fewer than 10'
from small_rests_of_two
union all
select period_date, metric_id, cohort, 'one or two owners dominate a mean'
from concentrations
where
    first > 0.5 * total
    or first + second > 0.8 * total
    or total - first - second < 0.15 * first
union all
select period_date, metric_id, cohort, 'fewer than 3 owners changed since an earlier month'
from small_changes
union all
select period_date, metric_id, cohort, 'a figure is not a multiple of its step'
from cells
where
    period_date >= $since
    and greatest(
        abs(median / step - round(median / step)),
        abs(coalesce(mean, 0) / step - round(coalesce(mean, 0) / step)),
        abs(coalesce(lower_quartile, 0) / step - round(coalesce(lower_quartile, 0) / step)),
        abs(coalesce(upper_quartile, 0) / step - round(coalesce(upper_quartile, 0) / step))
    ) > 0.001
