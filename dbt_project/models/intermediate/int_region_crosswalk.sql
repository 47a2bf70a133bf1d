with

region_labels as (
    select * from {{ ref('region_labels') }}
),

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
        publisher,
        upper(label) as region_key,
        geography_id,
        case geography_id when 'SE' then 'riket' else 'kommun' end
            as geography_level
    from region_labels
    union all
    select
        'scb' as publisher,
        code as region_key,
        code as geography_id,
        'lan' as geography_level
    from counties
    union all
    select
        'kolada' as publisher,
        code as region_key,
        code as geography_id,
        'kommun' as geography_level
    from municipalities
    union all
    select
        'socialstyrelsen' as publisher,
        upper(name) as region_key,
        code as geography_id,
        'lan' as geography_level
    from counties
    union all
    {% for publisher in ['bra', 'kronofogden', 'socialstyrelsen'] %}
        select
            '{{ publisher }}' as publisher,
            upper(name) as region_key,
            code as geography_id,
            'kommun' as geography_level
        from municipalities
        union all
    {% endfor %}
    select
        'socialstyrelsen' as publisher,
        upper(name) as region_key,
        geography_id,
        'stadsdelsnamnd' as geography_level
    from boards
    union all
    -- A municipality that publishes by itself calls its boards by their names.
    select
        region_labels.publisher,
        upper(boards.name) as region_key,
        boards.geography_id,
        'stadsdelsnamnd' as geography_level
    from boards
    inner join region_labels
        on boards.municipality_id = region_labels.geography_id
)

select * from final
