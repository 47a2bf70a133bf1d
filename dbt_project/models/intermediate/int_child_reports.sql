{{ config(materialized='view') }}

with

reports as (
    select * from {{ ref('stg_register__barn_unga_arenden') }}
),

judged as (
    select
        *,
        not is_active
        and (is_investigated or assessment_decision_date is not null)
            as is_case
    from reports
    where not is_family_law
),

final as (
    select
        municipality_id,
        case_id,
        person_id,
        sex,
        age_band,
        age_group,
        board_name,
        area_name,
        report_type,
        reporter,
        main_contact_reason as contact_reason,
        no_investigation_reason,
        declined_by,
        intervention_type,
        previous_cases,
        case
            when previous_cases = 0 then '0'
            when previous_cases <= 2 then '1-2'
            else '3+'
        end as history,
        is_case,
        is_investigated,
        is_investigated and coalesce(is_offered, false) as is_offered,
        is_investigated and coalesce(is_accepted, false) as is_accepted,
        is_investigated and coalesce(is_granted, false) as is_granted,
        -- Preschool and school are asked where the child goes to them.
        is_investigated and coalesce(age_band = '1-5', false)
            as is_preschool_age,
        is_investigated
        and coalesce(age_band in ('6', '7-12', '13-15', '16-17'), false)
            as is_school_age,
        {{ has_code('contacted_parties', 'forskola') }} as has_preschool,
        {{ has_code('contacted_parties', 'skola') }} as has_school,
        {{ has_code('contacted_parties', 'barnet') }} as has_child,
        {{ has_code('contacted_parties', 'halso_sjukvard') }}
            as has_health_care,
        -- What comes in while the child is already being investigated, or is
        -- applied for, has no time of its own to be assessed in.
        coalesce(
            report_type = 'anmalan'
            and not is_active
            and assessment_decision_date is not null, false
        ) as is_assessed,
        coalesce(
            report_type = 'anmalan'
            and not is_active
            and {{ days_between('reported_date', 'assessment_decision_date') }}
            <= {{ var('child_assessment_days') }}, false
        ) as is_assessed_in_time,
        reported_date,
        investigation_start_date,
        investigation_end_date,
        case
            when is_case and is_investigated then investigation_end_date
            when is_case then assessment_decision_date
        end as closed_date,
        {{ year_start('reported_date') }} as period_start
    from judged
)

select * from final
