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
        received_at
    from source
)

select * from renamed
