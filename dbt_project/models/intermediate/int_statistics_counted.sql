with

observations as (
    select * from {{ ref('int_observations_located') }}
    where
        geography_id is not null
        and period_grain in ('year', 'month')
),

indicator_series as (
    select * from {{ ref('indicator_series') }}
),

series_weights as (
    select * from {{ ref('series_weights') }}
),

parts as (
    select
        observations.*,
        indicator_series.dimension_pattern,
        indicator_series.indicator_id,
        indicator_series.breakdown,
        indicator_series.category,
        indicator_series.yearly_value,
        indicator_series.divisor,
        coalesce(indicator_series.geography_level, '') as meant_for,
        coalesce(series_weights.weight, 1) as weight,
        case observations.status
            when 'suppressed' then 4
            when 'missing' then 3
            when 'not_applicable' then 2
            when 'preliminary' then 1
            else 0
        end as status_rank
    from observations
    inner join indicator_series
        on
            observations.dataset_id = indicator_series.dataset_id
            and observations.series = indicator_series.series
            and observations.dimensions like indicator_series.dimension_pattern
            and observations.geography_level = coalesce(
                indicator_series.geography_level, observations.geography_level
            )
    left join series_weights
        on
            indicator_series.indicator_id = series_weights.indicator_id
            and indicator_series.dataset_id = series_weights.dataset_id
            and indicator_series.dimension_pattern
            = series_weights.dimension_pattern
),

expected_parts as (
    select
        indicator_id,
        dataset_id,
        breakdown,
        category,
        coalesce(geography_level, '') as meant_for,
        count(distinct concat(series, dimension_pattern)) as series_count
    from indicator_series
    group by
        indicator_id,
        dataset_id,
        breakdown,
        category,
        coalesce(geography_level, '')
),

-- A sum without one of its parts is not the indicator: it is missing.
summed as (
    select
        parts.indicator_id,
        parts.dataset_id,
        parts.geography_id,
        parts.period_grain,
        parts.breakdown,
        parts.category,
        parts.yearly_value,
        parts.period_start,
        {{ reproducible('sum(parts.weight * parts.value / parts.divisor)') }}
            as value,
        case
            when
                count(distinct concat(parts.series, parts.dimension_pattern))
                < max(expected_parts.series_count)
                then greatest(max(parts.status_rank), 3)
            else max(parts.status_rank)
        end as status_rank
    from parts
    inner join expected_parts
        on
            parts.indicator_id = expected_parts.indicator_id
            and parts.dataset_id = expected_parts.dataset_id
            and parts.breakdown = expected_parts.breakdown
            and parts.category = expected_parts.category
            and parts.meant_for = expected_parts.meant_for
    group by
        parts.indicator_id,
        parts.dataset_id,
        parts.geography_id,
        parts.period_grain,
        parts.breakdown,
        parts.category,
        parts.yearly_value,
        parts.period_start
),

-- A year's mean needs its twelve months.
yearly_means as (
    select
        indicator_id,
        dataset_id,
        geography_id,
        'year' as period_grain,
        breakdown,
        category,
        {{ year_start('period_start') }} as period_start,
        {{ reproducible('avg(value)') }} as value,
        case
            when count(*) < 12 then greatest(max(status_rank), 3)
            else max(status_rank)
        end as status_rank
    from summed
    where yearly_value = 'mean_of_months'
    group by
        indicator_id,
        dataset_id,
        geography_id,
        breakdown,
        category,
        {{ year_start('period_start') }}
),

united as (
    select
        indicator_id,
        dataset_id,
        geography_id,
        period_grain,
        breakdown,
        category,
        period_start,
        value,
        status_rank
    from summed
    where yearly_value is null
    union all
    select
        indicator_id,
        dataset_id,
        geography_id,
        period_grain,
        breakdown,
        category,
        period_start,
        value,
        status_rank
    from yearly_means
),

final as (
    select
        indicator_id,
        dataset_id,
        geography_id,
        period_grain,
        breakdown,
        category,
        period_start,
        case status_rank
            when 4 then 'suppressed'
            when 3 then 'missing'
            when 2 then 'not_applicable'
            when 1 then 'preliminary'
            else 'observed'
        end as status,
        case when status_rank < 2 then value end as value
    from united
)

select * from final
