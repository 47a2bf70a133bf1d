with

source as (
    select * from {{ source('statistics', 'statistics__deliveries') }}
),

renamed as (
    select
        delivery_id,
        delivery_sequence,
        dataset_id,
        delivers,
        cast(received_at as timestamp) as received_at
    from source
)

select * from renamed
