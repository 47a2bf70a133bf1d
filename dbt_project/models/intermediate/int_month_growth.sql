with

arrivals as (
    select * from {{ ref('stg_register__arrivals') }}
),

deliveries as (
    select * from {{ ref('stg_register__deliveries') }}
),

-- The newest month that had been delivered when each delivery came: a file that
-- corrects an old month comes after the months that had come by then.
dated as (
    select
        municipality_id,
        register_name,
        delivery_sequence,
        length(delivery_period) > 4 as is_month,
        max(
            case
                when length(delivery_period) > 4
                    then make_date(
                        cast(left(delivery_period, 4) as integer),
                        cast(right(delivery_period, 2) as integer),
                        1
                    )
            end
        ) over (
            partition by municipality_id, register_name
            order by delivery_sequence nulls last
        ) as newest_month
    from deliveries
),

begun as (
    select
        municipality_id,
        register_name,
        min(newest_month) as first_month
    from dated
    where is_month
    group by municipality_id, register_name
),

-- What a year's file brings tells nothing of when its months came in.
final as (
    select
        arrivals.municipality_id,
        arrivals.register_name,
        arrivals.month_start,
        {{ months_between('arrivals.month_start', 'dated.newest_month') }}
            as lag_months,
        sum(arrivals.arrivals) as arrivals
    from arrivals
    inner join dated
        on
            arrivals.municipality_id = dated.municipality_id
            and arrivals.register_name = dated.register_name
            and arrivals.delivery_sequence = dated.delivery_sequence
    inner join begun
        on
            arrivals.municipality_id = begun.municipality_id
            and arrivals.register_name = begun.register_name
    where
        dated.is_month
        and arrivals.month_start >= begun.first_month
        and arrivals.month_start <= dated.newest_month
    group by
        arrivals.municipality_id,
        arrivals.register_name,
        arrivals.month_start,
        {{ months_between('arrivals.month_start', 'dated.newest_month') }}
)

select * from final
