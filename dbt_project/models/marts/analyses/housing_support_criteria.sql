with

grants as (
    select
        *,
        case criteria
            when 'lss+eget_boende+folkbokford+timmar' then 'alla'
            when 'eget_boende+folkbokford+timmar' then 'utom_lss'
            when 'lss+folkbokford+timmar' then 'utom_eget_boende'
            when 'lss+eget_boende+timmar' then 'utom_folkbokford'
            when 'lss+eget_boende+folkbokford' then 'utom_timmar'
            else 'farre'
        end as criteria_met
    from {{ ref('housing_support_grant') }}
    where geography_id = municipality_id
),

final as (
    select
        municipality_id,
        period_start,
        geography_id,
        criteria_met,
        cast(sum(persons) as bigint) as persons,
        sum(amount) as amount
    from grants
    group by
        municipality_id,
        period_start,
        geography_id,
        criteria_met
)

select * from final
