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
        {{ hours_a_month('decisions.hours') }} as hours_per_month,
        {{ hours_a_month('decisions.performed_hours') }} as performed_per_month,
        {{ hours_a_month('decisions.refused_hours') }} as refused_per_month,
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
        age_group,
        target_group,
        start_date,
        birth_year_band,
        lss_category,
        has_own_housing,
        is_registered_in_district,
        activities,
        need_level,
        cast(hours_per_month as double) as hours_per_month,
        cast(performed_per_month as double) as performed_per_month,
        cast(refused_per_month as double) as refused_per_month
    from in_force
    where recency = 1
)

select * from final
