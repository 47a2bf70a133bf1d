{{ config(materialized='view') }}

with

reports as (
    select * from {{ ref('stg_register__barn_unga_arenden') }}
),

final as (
    select
        municipality_id,
        case_id,
        person_id,
        sex,
        age_group,
        board_name,
        main_contact_reason as contact_reason,
        previous_cases,
        not is_active
        and (is_investigated or assessment_decision_date is not null)
            as is_case,
        is_investigated,
        is_investigated and coalesce(is_granted, false) as is_granted,
        is_investigated and age_group = '0-6' as is_preschool_age,
        is_investigated and age_group in ('7-12', '13-17') as is_school_age,
        {{ has_code('contacted_parties', 'forskola') }} as has_preschool,
        {{ has_code('contacted_parties', 'skola') }} as has_school,
        {{ year_start('reported_date') }} as period_start
    from reports
    where not is_family_law
)

select * from final
