with

populations as (
    select * from {{ ref('int_district_populations') }}
    where breakdown <> 'sex*age_group'
),

final as (
    {{ measures_as_rows('populations', [
        {'indicator': 'population', 'numerator': 'population'},
        {'indicator': 'households_total', 'numerator': 'households'},
        {
            'indicator': 'population_children_share',
            'numerator': 'children',
            'denominator': 'population',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'residents_per_100_households',
            'numerator': 'population',
            'denominator': 'households',
            'where': "breakdown = 'total'",
        },
    ]) }}
)

select * from final
