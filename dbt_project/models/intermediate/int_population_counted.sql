with

populations as (
    select * from {{ ref('int_district_populations') }}
    where breakdown <> 'sex*age_group'
),

-- A board that is today's has its residents of both years in its present area.
changes as (
    select
        populations.municipality_id,
        populations.period_start,
        populations.geography_id,
        populations.breakdown,
        populations.category,
        populations.population,
        earlier.population as population_before
    from populations
    inner join populations as earlier
        on
            populations.municipality_id = earlier.municipality_id
            and populations.geography_id = earlier.geography_id
            and populations.breakdown = earlier.breakdown
            and populations.category = earlier.category
            and extract(year from populations.period_start)
            = extract(year from earlier.period_start) + 1
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
            'indicator': 'population_65_share',
            'numerator': 'older_residents',
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
    union all
    {{ measures_as_rows('changes', [
        {
            'indicator': 'population_change',
            'numerator': 'population',
            'denominator': 'population_before',
        },
    ]) }}
)

select * from final
