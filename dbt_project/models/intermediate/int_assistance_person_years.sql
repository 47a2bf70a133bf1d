with

decisions as (
    select
        *,
        case when co_applicant_id is null then granted_amount end
            as alone_amount,
        case when co_applicant_id is not null then granted_amount end
            as together_amount
    from {{ ref('stg_register__ekonomiskt_bistand_beslut') }}
    where outcome in ('bifall', 'delavslag')
),

adults as (
    select
        municipality_id,
        {{ year_start('benefit_month') }} as period_start,
        board_name,
        applicant_id as person_id,
        applicant_sex as sex,
        applicant_age_group as age_group,
        alone_amount,
        together_amount
    from decisions
    union all
    select
        municipality_id,
        {{ year_start('benefit_month') }} as period_start,
        board_name,
        co_applicant_id as person_id,
        co_applicant_sex as sex,
        co_applicant_age_group as age_group,
        alone_amount,
        together_amount
    from decisions
    where co_applicant_id is not null
),

by_age as (
    select
        municipality_id,
        period_start,
        board_name,
        person_id,
        sex,
        age_group,
        sum(alone_amount) as alone_amount,
        sum(together_amount) as together_amount
    from adults
    group by
        municipality_id,
        period_start,
        board_name,
        person_id,
        sex,
        age_group
),

-- One age group a person and year, also where it has moved.
grouped as (
    select
        by_age.*,
        {{ age_group_of_year('by_age', 'by_age.period_start') }}
            as age_group_of_year
    from by_age
),

final as (
    select
        municipality_id,
        period_start,
        board_name,
        person_id,
        sex,
        age_group_of_year as age_group,
        sum(alone_amount) as alone_amount,
        sum(together_amount) as together_amount
    from grouped
    group by
        municipality_id,
        period_start,
        board_name,
        person_id,
        sex,
        age_group_of_year
)

select * from final
