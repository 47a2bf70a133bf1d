with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

constants as (
    select * from {{ ref('constants') }}
    where constant_id = 'housing_support_block_grant'
),

decisions as (
    select
        *,
        coalesce(
            nullif(
                concat_ws(
                    '+',
                    case when has_lss then 'lss' end,
                    case when has_own_housing then 'eget_boende' end,
                    case when is_registered_in_district then 'folkbokford' end,
                    case when has_hours then 'timmar' end
                ),
                ''
            ),
            'inget'
        ) as criteria
    from {{ ref('int_housing_support_criteria') }}
    where
        municipality_id = '{{ var("municipality_id") }}'
        and target_group = 'funktionsnedsattning'
),

counted as (
    select
        decisions.municipality_id,
        decisions.period_start,
        crosswalk.geography_id,
        decisions.criteria,
        count(*) as persons
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
        decisions.criteria
),

final as (
    select
        counted.municipality_id,
        counted.period_start,
        counted.geography_id,
        counted.criteria,
        counted.persons,
        -- Without a decided grant for the year there is no amount.
        case
            when counted.criteria = 'lss+eget_boende+folkbokford+timmar'
                then counted.persons * constants.value
            when constants.value is not null then cast(0 as double)
        end as amount
    from counted
    left join constants
        on
            counted.municipality_id = constants.geography_id
            and extract(year from counted.period_start) = constants.year
)

select * from final
