with

counties as (
    select * from {{ ref('counties') }}
),

municipalities as (
    select * from {{ ref('municipalities') }}
),

boards as (
    select * from {{ ref('stg_municipality__boards') }}
    where municipality_id = '{{ var("municipality_id") }}'
),

final as (
    select
        'SE' as geography_id,
        'Riket' as name,
        'riket' as level,
        cast(null as string) as parent_id,
        cast(null as string) as successor_id,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    union all
    select
        code as geography_id,
        name,
        'lan' as level,
        'SE' as parent_id,
        cast(null as string) as successor_id,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    from counties
    union all
    select
        code as geography_id,
        name,
        'kommun' as level,
        left(code, 2) as parent_id,
        cast(null as string) as successor_id,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    from municipalities
    union all
    select
        geography_id,
        name,
        'stadsdelsnamnd' as level,
        left(geography_id, 4) as parent_id,
        successor_geography_id as successor_id,
        valid_from,
        valid_to
    from boards
)

select * from final
