with

populations as (
    select * from {{ ref('int_district_populations') }}
    where breakdown <> 'sex*age_group'
),

final as (
    {{ measures_as_rows('populations', [
        {'indicator': 'population', 'numerator': 'population'},
        {'indicator': 'households_total', 'numerator': 'households'},
    ]) }}
)

select * from final
