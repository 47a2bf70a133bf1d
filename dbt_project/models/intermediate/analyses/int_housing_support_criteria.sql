with

decisions as (
    select * from {{ ref('int_housing_support_decisions') }}
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
        start_date,
        lss_category,
        has_own_housing,
        is_registered_in_district,
        activities,
        need_level,
        hours_per_month,
        performed_per_month,
        refused_per_month,
        lss_category > 0
        and target_group = 'funktionsnedsattning' as has_lss,
        hours_per_month > {{ var('grant_threshold_hours') }} as has_hours,
        -- Up to and with, as the threshold is more than: 12 is no 12.5.
        ceil(cast(hours_per_month as double) * 2) / cast(2 as double)
            as hours_bin,
        case
            when
                extract(year from period_start) - birth_year_band - 2 < 25
                then 0
            when
                extract(year from period_start) - birth_year_band - 2 < 45
                then 1
            when
                extract(year from period_start) - birth_year_band - 2 < 65
                then 2
            else 3
        end as age_band
    from decisions
)

select * from final
