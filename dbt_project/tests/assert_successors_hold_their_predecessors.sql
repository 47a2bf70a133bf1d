-- The history of a board that took over others is counted anew from the rows.
-- Before the reform it can be neither more than its predecessors together nor
-- less than the largest of them; only a person known to two of them makes the
-- difference. A board counted twice, or forgotten, breaks this.
with

indicator_values as (
    select indicator_values.*
    from {{ ref('indicator_values') }} as indicator_values
    inner join {{ ref('indicator_catalogue') }} as indicators
        on indicator_values.indicator_id = indicators.indicator_id
    inner join {{ ref('int_register_years') }} as register_years
        on
            indicator_values.source_id = register_years.register_name
            and indicator_values.period_start = register_years.period_start
    where
        indicators.measure = 'count'
        and indicator_values.status in ('observed', 'preliminary')
),

boards as (
    select * from {{ ref('stg_municipality__boards') }}
),

predecessors as (
    select
        indicator_values.indicator_id,
        indicator_values.period_start,
        indicator_values.breakdown,
        indicator_values.category,
        boards.successor_geography_id as geography_id,
        max(indicator_values.value) as largest,
        sum(indicator_values.value) as together
    from indicator_values
    inner join boards on indicator_values.geography_id = boards.geography_id
    where boards.successor_geography_id is not null
    group by
        indicator_values.indicator_id,
        indicator_values.period_start,
        indicator_values.breakdown,
        indicator_values.category,
        boards.successor_geography_id
)

select
    predecessors.*,
    indicator_values.value
from predecessors
inner join indicator_values
    on
        predecessors.indicator_id = indicator_values.indicator_id
        and predecessors.period_start = indicator_values.period_start
        and predecessors.geography_id = indicator_values.geography_id
        and predecessors.breakdown = indicator_values.breakdown
        and predecessors.category = indicator_values.category
where
    indicator_values.value < predecessors.largest
    or indicator_values.value > predecessors.together
