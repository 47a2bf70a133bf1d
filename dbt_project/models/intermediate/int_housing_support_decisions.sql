with

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'boendestod_beslut'
),

decisions as (
    select * from {{ ref('stg_register__boendestod_beslut') }}
),

in_force as (
    select
        decisions.*,
        years.period_start,
        -- Fifty-two weeks a year over twelve months.
        case decisions.hours_per
            when 'vecka' then cast(decisions.hours * 52 as double) / 12
            else decisions.hours
        end as hours_per_month,
        row_number() over (
            partition by
                decisions.municipality_id,
                years.period_start,
                decisions.person_id
            order by decisions.start_date desc, decisions.decision_id desc
        ) as recency
    from decisions
    inner join years
        on
            decisions.municipality_id = years.municipality_id
            and decisions.start_date <= years.period_end
            and (
                decisions.end_date is null
                or decisions.end_date >= years.period_end
            )
),

final as (
    select
        municipality_id,
        period_start,
        person_id,
        decision_id,
        board_name,
        sex,
        target_group,
        cast(hours_per_month as double) as hours_per_month
    from in_force
    where recency = 1
)

select * from final
