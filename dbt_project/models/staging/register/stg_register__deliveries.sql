with

source as (
    select * from {{ source('register', 'register__deliveries') }}
),

renamed as (
    select
        municipality_id,
        register_name,
        delivery_sequence,
        delivery_period
    from source
)

select * from renamed
