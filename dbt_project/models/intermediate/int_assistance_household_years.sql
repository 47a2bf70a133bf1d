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
        min(month_bit) filter (where is_granted) as first_month_bit,
        max(children) filter (where is_granted) as children,
        -- Both of the last granted decision: one text is quicker than two.
        max({{ dated_code(
            'benefit_month',
            "'|' || household_type || '|' || coalesce(support_obstacle, '')"
        ) }}) filter (where is_granted) as dated_codes,
        max({{ dated_code(
            'closing_date', "'|' || coalesce(closing_reason, '')"
        ) }}) filter (where is_granted) as dated_closing,
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

-- One type, obstacle and reason a household and year, also where it has moved.
of_households as (
    select
        *,
        max(dated_codes) over (
            partition by municipality_id, period_start, household_id
        ) as household_codes,
        max(dated_closing) over (
            partition by municipality_id, period_start, household_id
        ) as household_closing
    from years
),

final as (
    select
        municipality_id,
        period_start,
        board_name,
        household_id,
        applicant_sex,
        applicant_age_group,
        granted_months,
        first_month_bit,
        children,
        granted_amount,
        decisions,
        refusals,
        split_part(household_codes, '|', 2) as household_type,
        nullif(
            {{ obstacle_group("split_part(household_codes, '|', 3)") }}, ''
        ) as obstacle,
        dated_closing is not null as is_ended,
        nullif(split_part(household_closing, '|', 2), '') as closing_reason
    from of_households
)

select * from final
