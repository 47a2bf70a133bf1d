with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

decisions as (
    select * from {{ ref('int_housing_support_criteria') }}
    where municipality_id = '{{ var("municipality_id") }}'
),

final as (
    select
        decisions.municipality_id,
        decisions.period_start,
        crosswalk.geography_id,
        decisions.target_group,
        decisions.sex,
        case when decisions.has_lss then 1 else 0 end as lss,
        cast(decisions.hours_bin as double) as hours_bin,
        count(*) as persons,
        {{ reproducible('sum(decisions.hours_per_month)') }} as hours,
        cast(sum(decisions.activities) as bigint) as activities,
        count(*) filter (
            where decisions.has_lss
            and decisions.has_hours
            and decisions.has_own_housing
            and decisions.is_registered_in_district
        ) as eligible,
        count(*) filter (
            where decisions.has_lss
            and decisions.has_hours
            and not decisions.has_own_housing
            and decisions.is_registered_in_district
        ) as lacking_own_housing,
        count(*) filter (
            where decisions.has_lss
            and decisions.has_hours
            and decisions.has_own_housing
            and not decisions.is_registered_in_district
        ) as lacking_registration
    from decisions
    inner join crosswalk
        on
            decisions.municipality_id = crosswalk.municipality_id
            and decisions.board_name = crosswalk.board_name
            and decisions.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        decisions.municipality_id,
        decisions.period_start,
        crosswalk.geography_id,
        decisions.target_group,
        decisions.sex,
        case when decisions.has_lss then 1 else 0 end,
        decisions.hours_bin
)

select * from final
