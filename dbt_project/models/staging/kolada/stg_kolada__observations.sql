with

source as (
    select * from {{ source('kolada', 'kolada__observations') }}
),

renamed as (
    select
        delivery_id,
        delivery_sequence,
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
