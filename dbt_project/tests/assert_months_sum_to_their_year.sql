-- What the year under way is held against is the same count as the year's own:
-- of a year that is over, what its months newly count is what it counts.
with

months as (
    select
        municipality_id,
        indicator_id,
        geography_id,
        period_start,
        sum(newly_counted) as newly_counted
    from {{ ref('int_running_months') }}
    group by municipality_id, indicator_id, geography_id, period_start
),

followed as (
    select distinct indicator_id
    from months
),

years as (
    select indicator_values.*
    from {{ ref('indicator_values') }} as indicator_values
    inner join followed
        on indicator_values.indicator_id = followed.indicator_id
    where
        indicator_values.breakdown = 'total'
        and indicator_values.period_grain = 'year'
        and indicator_values.status <> 'broken_series'
)

select
    years.indicator_id,
    years.geography_id,
    years.period_start
from years
left join months
    on
        years.municipality_id = months.municipality_id
        and years.indicator_id = months.indicator_id
        and years.geography_id = months.geography_id
        and years.period_start = months.period_start
where years.numerator <> coalesce(months.newly_counted, 0)
