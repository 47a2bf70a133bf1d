{{ config(materialized='view') }}

with

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'skyddat_boende_placeringar'
),

last_days as (
    select
        municipality_id,
        max(period_end) as last_day
    from years
    group by municipality_id
),

placements as (
    select * from {{ ref('stg_register__skyddat_boende_placeringar') }}
    where reason in ('vald_nara_relation', 'hedersrelaterat')
),

final as (
    select
        placements.municipality_id,
        placements.placement_id,
        placements.person_id,
        placements.sex,
        placements.board_name,
        placements.housing_form,
        placements.reason,
        placements.is_secured,
        placements.accompanying_children,
        placements.decision_date,
        placements.start_date,
        placements.end_date,
        {{ year_start('placements.decision_date') }} as period_start,
        {{ quarter_start('placements.decision_date') }} as quarter_start,
        -- A stay that has not ended is known to the last delivered day, and so
        -- is one whose end lies after it: short stays have theirs first.
        greatest(
            {{ days_between(
                'placements.start_date',
                'least(coalesce(placements.end_date, last_days.last_day),'
                ~ ' last_days.last_day)'
            ) }},
            0
        ) as days,
        coalesce(placements.end_date <= last_days.last_day, false) as is_ended
    from placements
    inner join last_days
        on placements.municipality_id = last_days.municipality_id
)

select * from final
