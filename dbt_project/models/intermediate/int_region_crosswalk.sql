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
    select * from {{ ref('district_boards') }}
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
    {% for publisher in ['socialstyrelsen', 'stockholm'] %}
        select
            '{{ publisher }}' as publisher,
            upper(name) as region_key,
            geography_id,
            'stadsdelsnamnd' as geography_level
        from boards
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
