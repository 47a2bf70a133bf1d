with

decisions as (
    select
        *,
        cast(round(power(2, extract(month from benefit_month) - 1)) as integer)
            as month_bit,
        outcome in ('bifall', 'delavslag') as is_granted,
        outcome in ('avslag', 'delavslag') as is_refused
    from {{ ref('stg_register__ekonomiskt_bistand_beslut') }}
),

years as (
    select
        municipality_id,
        {{ year_start('benefit_month') }} as period_start,
        board_name,
        household_id,
        applicant_sex,
        applicant_age_group,
        bit_or(month_bit) filter (where is_granted) as granted_months,
        max(children) filter (where is_granted) as children,
        max({{ dated_code('benefit_month', 'household_type') }}) filter (
            where is_granted
        ) as dated_household_type,
        sum(granted_amount) as granted_amount,
        count(*) as decisions,
        count(*) filter (where is_refused) as refusals
    from decisions
    group by
        municipality_id,
        {{ year_start('benefit_month') }},
        board_name,
        household_id,
        applicant_sex,
        applicant_age_group
),

-- One type a household and year, also where it has moved.
final as (
    select
        municipality_id,
        period_start,
        board_name,
        household_id,
        applicant_sex,
        applicant_age_group,
        granted_months,
        children,
        granted_amount,
        decisions,
        refusals,
        right(
            max(dated_household_type) over (
                partition by municipality_id, period_start, household_id
            ),
            1
        ) as household_type
    from years
)

select * from final
