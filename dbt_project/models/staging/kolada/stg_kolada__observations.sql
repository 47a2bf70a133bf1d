with

source as (
    {{ newest_observations(
        source('kolada', 'kolada__observations')
    ) }}
),

renamed as (
    select
        delivery_id,
        dataset_id,
        series,
        region as region_label,
        period,
        dimensions,
        status,
        {{ publisher_period_grain('period') }} as period_grain,
        value,
        {{ publisher_period_start('period') }} as period_start
    from source
)

select * from renamed
