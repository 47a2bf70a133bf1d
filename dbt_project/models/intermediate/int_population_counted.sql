with

populations as (
    select
        *,
        'total' as breakdown,
        'total' as category
    from {{ ref('int_district_populations') }}
),

final as (
    {{ measures_as_rows('populations', [
        {'indicator': 'population', 'numerator': 'population'},
        {'indicator': 'households_total', 'numerator': 'households'},
    ]) }}
)

select * from final
