with

source as (
    select * from {{ source('municipality', 'municipality__units') }}
),

renamed as (
    select
        municipality_id,
        name,
        geography_id,
        reason_sv
    from source
)

select * from renamed
