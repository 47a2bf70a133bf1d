{%- set year_cell = [
    'indicator_id',
    'dataset_id',
    'geography_id',
    'breakdown',
    'category',
    'year_start',
] -%}

{%- set cell = statistics_cell() -%}

with

observations as (
    select
        *,
        {{ json_key_list('dimensions') }} as dimension_names
    from {{ ref('int_observations_located') }}
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
        indicator_series.divisor,
        coalesce(indicator_series.geography_level, '') as meant_for,
        coalesce(series_weights.weight, 1) as weight,
        coalesce(indicator_series.yearly_value, 'as_published')
            as yearly_value,
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
        count(distinct series || dimension_pattern) as series_count
    from indicator_series
    group by
        indicator_id,
        dataset_id,
        breakdown,
        category,
        coalesce(geography_level, '')
),

-- A cell is counted anew by each delivery that touched a part of it.
part_vintages as (
    select distinct
        {{ cell | join(', ') }},
        meant_for,
        yearly_value,
        seen_sequence as vintage_sequence
    from parts
    union distinct
    select distinct
        {{ cell | join(', ') }},
        meant_for,
        yearly_value,
        replaced_sequence as vintage_sequence
    from parts
    where replaced_sequence is not null
),

-- A sum without one of its parts is not the indicator: it is missing. Without
-- any part it is gone, and has no status.
summed as (
    select
        {{ columns_of('part_vintages', cell) }},
        part_vintages.yearly_value,
        part_vintages.vintage_sequence,
        {{ reproducible(
            'sum(cast(parts.weight * parts.value as double) / parts.divisor)'
        ) }}
            as value,
        min(parts.dimension_names) as first_dimensions,
        max(parts.dimension_names) as last_dimensions,
        case
            when count(parts.series) = 0 then null
            when
                count(distinct parts.series || parts.dimension_pattern)
                < max(expected_parts.series_count)
                then greatest(max(parts.status_rank), 3)
            else max(parts.status_rank)
        end as status_rank
    from part_vintages
    inner join expected_parts
        on
            part_vintages.indicator_id = expected_parts.indicator_id
            and part_vintages.dataset_id = expected_parts.dataset_id
            and part_vintages.breakdown = expected_parts.breakdown
            and part_vintages.category = expected_parts.category
            and part_vintages.meant_for = expected_parts.meant_for
    left join parts
        on
            {{ equal_on('part_vintages', 'parts', cell) }}
            and part_vintages.meant_for = parts.meant_for
            and part_vintages.yearly_value = parts.yearly_value
            and part_vintages.vintage_sequence >= parts.seen_sequence
            and (
                parts.replaced_sequence is null
                or part_vintages.vintage_sequence < parts.replaced_sequence
            )
    group by
        {{ columns_of('part_vintages', cell) }},
        part_vintages.meant_for,
        part_vintages.yearly_value,
        part_vintages.vintage_sequence
),

months as (
    select
        *,
        {{ year_start('period_start') }} as year_start,
        lead(vintage_sequence) over (
            partition by {{ cell | join(', ') }}
            order by vintage_sequence nulls last
        ) as replaced_sequence
    from summed
    where yearly_value = 'mean_of_months'
),

year_vintages as (
    select distinct
        {{ year_cell | join(', ') }},
        vintage_sequence
    from months
),

-- A year's mean needs its twelve months.
yearly_means as (
    select
        year_vintages.indicator_id,
        year_vintages.dataset_id,
        year_vintages.geography_id,
        'year' as period_grain,
        year_vintages.breakdown,
        year_vintages.category,
        year_vintages.year_start as period_start,
        year_vintages.vintage_sequence,
        {{ reproducible('avg(cast(months.value as double))') }} as value,
        min(months.first_dimensions) as first_dimensions,
        max(months.last_dimensions) as last_dimensions,
        case
            when count(months.status_rank) = 0 then null
            when count(months.status_rank) < 12
                then greatest(max(months.status_rank), 3)
            else max(months.status_rank)
        end as status_rank
    from year_vintages
    inner join months
        on
            {{ equal_on('year_vintages', 'months', year_cell) }}
            and year_vintages.vintage_sequence >= months.vintage_sequence
            and (
                months.replaced_sequence is null
                or year_vintages.vintage_sequence < months.replaced_sequence
            )
    group by
        {{ columns_of('year_vintages', year_cell) }},
        year_vintages.vintage_sequence
),

united as (
    select
        {{ cell | join(', ') }},
        vintage_sequence,
        value,
        first_dimensions,
        last_dimensions,
        status_rank
    from summed
    where yearly_value = 'as_published'
    union all
    select
        {{ cell | join(', ') }},
        vintage_sequence,
        value,
        first_dimensions,
        last_dimensions,
        status_rank
    from yearly_means
),

-- Figures of other variables than before are of another definition.
figures as (
    select
        {{ cell | join(', ') }},
        vintage_sequence,
        value,
        coalesce(
            first_dimensions = lag(first_dimensions) over cell_history
            and last_dimensions = lag(last_dimensions) over cell_history,
            false
        ) as is_same_definition
    from united
    where status_rank < 2
    window cell_history as (
        partition by {{ cell | join(', ') }}
        order by vintage_sequence nulls last
    )
),

defined as (
    select
        *,
        sum(case when is_same_definition then 0 else 1 end) over (
            partition by {{ cell | join(', ') }}
            order by vintage_sequence nulls last
            rows between unbounded preceding and current row
        ) as definition_number
    from figures
),

final as (
    select
        {{ columns_of('united', cell) }},
        united.vintage_sequence,
        row_number() over (
            partition by {{ columns_of('united', cell) }}
            order by united.vintage_sequence desc
        ) = 1 as is_current,
        defined.definition_number,
        case united.status_rank
            when 4 then 'suppressed'
            when 3 then 'missing'
            when 2 then 'not_applicable'
            when 1 then 'preliminary'
            when 0 then 'observed'
        end as status,
        defined.value
    from united
    left join defined
        on
            {{ equal_on('united', 'defined', cell) }}
            and united.vintage_sequence = defined.vintage_sequence
)

select * from final
