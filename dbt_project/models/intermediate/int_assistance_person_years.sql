with

decisions as (
    select * from {{ ref('stg_register__ekonomiskt_bistand_beslut') }}
    where outcome in ('bifall', 'delavslag')
),

adults as (
    select
        municipality_id,
        {{ year_start('benefit_month') }} as period_start,
        board_name,
        applicant_id as person_id
    from decisions
    union all
    select
        municipality_id,
        {{ year_start('benefit_month') }} as period_start,
        board_name,
        co_applicant_id as person_id
    from decisions
    where co_applicant_id is not null
),

final as (
    select distinct * from adults
)

select * from final
