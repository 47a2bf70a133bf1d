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

final as (
    select
        municipality_id,
        {{ year_start('benefit_month') }} as period_start,
        board_name,
        household_id,
        bit_or(month_bit) filter (where is_granted) as granted_months,
        max(children) filter (where is_granted) as children,
        sum(granted_amount) as granted_amount,
        count(*) as decisions,
        count(*) filter (where is_refused) as refusals
    from decisions
    group by
        municipality_id,
        {{ year_start('benefit_month') }},
        board_name,
        household_id
)

select * from final
