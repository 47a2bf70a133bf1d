with

bins as (
    select
        *,
        -- The end bands are wide: few have so few hours, or so many.
        case
            when hours_bin <= 4 then 0
            when hours_bin <= 14 then ceil(hours_bin) - 1
            when hours_bin <= 16 then 14
            else 16
        end as hours_over
    from {{ ref('housing_support') }}
    where geography_id = municipality_id
),

final as (
    select
        municipality_id,
        period_start,
        geography_id,
        target_group,
        lss,
        cast(hours_over as int) as hours_over,
        cast(
            case
                when hours_over = 0 then 4
                when hours_over < 14 then hours_over + 1
                when hours_over = 14 then 16
            end as int
        ) as hours_to,
        cast(sum(persons) as bigint) as persons
    from bins
    group by
        municipality_id,
        period_start,
        geography_id,
        target_group,
        lss,
        hours_over
)

select * from final
