with

source as (
    select * from {{ source('municipality', 'municipality__units') }}
),

renamed as (
    select
        name,
        geography_id,
        reason_sv
    from source
)

select * from renamed
