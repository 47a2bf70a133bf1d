{{ config(materialized='view') }}

with

decisions as (
    select * from {{ ref('int_refusal_decisions') }}
),

final as (
    select
        municipality_id,
        household_number,
        benefit_month,
        month_number,
        purpose,
        max(board_name) as board_name,
        max(application_kind) as application_kind,
        max(spell_month) as spell_month,
        max(spell_month_gap_0) as spell_month_gap_0,
        max(spell_month_gap_2) as spell_month_gap_2,
        max(household_type) as household_type,
        max(housing_form) as housing_form,
        max(sex) as sex,
        max(age_group) as age_group,
        max(obstacle) as obstacle,
        max(ground) as ground,
        count(*) as decisions,
        sum(full_refusals) as full_refusals,
        sum(partial_refusals) as partial_refusals,
        {{ reproducible('sum(missing_amount)') }} as missing_amount
    from decisions
    group by
        municipality_id,
        household_number,
        benefit_month,
        month_number,
        purpose
)

select * from final
