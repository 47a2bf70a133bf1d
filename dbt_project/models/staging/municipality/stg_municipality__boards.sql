with

source as (
    select * from {{ source('municipality', 'municipality__boards') }}
),

renamed as (
    select
        municipality_id,
        name,
        geography_id,
        valid_from,
        valid_to,
        successor_geography_id
    from source
)

select * from renamed
