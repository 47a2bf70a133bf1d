with

source as (
    select * from {{ source('register', 'register__not_delivered') }}
),

renamed as (
    select
        municipality_id,
        register_name,
        reason_sv
    from source
)

select * from renamed
