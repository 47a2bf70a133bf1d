with

deliveries as (
    select * from {{ ref('stg_register__deliveries') }}
),

years as (
    select
        municipality_id,
        register_name,
        make_date(cast(left(delivery_period, 4) as integer), 1, 1)
            as period_start,
        -- One file for the year, or a survey of one month.
        min(length(delivery_period)) = 4
        or register_name = 'hemloshet_kartlaggning' as is_whole,
        count(distinct delivery_period) as periods,
        max(right(delivery_period, 3)) = '-12' as has_december
    from deliveries
    group by
        municipality_id,
        register_name,
        make_date(cast(left(delivery_period, 4) as integer), 1, 1)
),

ranked as (
    select
        *,
        period_start = max(period_start) over (
            partition by municipality_id, register_name
        ) as is_newest
    from years
),

final as (
    select
        municipality_id,
        register_name,
        period_start,
        {{ year_end('period_start') }} as period_end,
        is_whole or periods = 12 as is_complete
    from ranked
    -- A year whose December is still to come is no year yet.
    where
        is_whole
        or has_december
        or not is_newest
)

select * from final
