{%- set cell = [
    'municipality_id', 'indicator_id', 'period_start', 'breakdown', 'category'
] -%}

with

levels as (
    select * from {{ ref('int_equality_levels') }}
    where
        not is_city
        and breakdown in ('total', 'target_group', 'sex*age_group')
),

-- By sex and age where an indicator is counted so.
chosen as (
    select
        *,
        case when breakdown = 'target_group' then category else 'alla' end
            as stratum,
        breakdown = 'sex*age_group' as is_mix_adjusted,
        max(case when breakdown = 'sex*age_group' then 1 else 0 end) over (
            partition by municipality_id, indicator_id
        ) as has_cells
    from levels
),

cells as (
    select
        *,
        cast({{ sum_in_order('events', cell, 'geography_id') }} as double)
        / {{ sum_in_order('base', cell, 'geography_id') }} as level
    from chosen
    where is_mix_adjusted or has_cells = 0 or breakdown = 'target_group'
),

-- What one of the base varies by, in all the boards together.
varying as (
    select
        *,
        cast({{ sum_in_order(
            'events_squared - 2 * level * product
            + level * level * base_squared',
            cell,
            'geography_id'
        ) }} as double)
        / {{ sum_in_order('base', cell, 'geography_id') }} as unit_variance
    from cells
),

final as (
    select
        municipality_id,
        indicator_id,
        area,
        period_start,
        geography_id,
        stratum,
        is_mix_adjusted,
        {{ reproducible('sum(events)') }} as observed,
        {{ reproducible('sum(base * level)') }} as expected,
        {{ reproducible('sum(base * unit_variance)') }} as variance
    from varying
    group by
        municipality_id,
        indicator_id,
        area,
        period_start,
        geography_id,
        stratum,
        is_mix_adjusted
)

select * from final
where expected > 0 and variance > 0
