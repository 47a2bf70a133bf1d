with

observations as (
    select * from {{ ref('int_observations_located') }}
    where
        dataset_id = 'bra_reported_ipv_crimes_month'
        and dimensions like '%"Mått": "Antal"%'
        and geography_level = 'kommun'
        and period_grain = 'month'
        and replaced_sequence is null
),

crimes as (
    select distinct series from {{ ref('indicator_series') }}
    where indicator_id = 'reported_ipv_crimes'
),

crime_count as (
    select count(*) as number_of_crimes from crimes
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'skyddat_boende_placeringar'
),

placements as (
    select * from {{ ref('int_protected_housing_placements') }}
    where housing_form = 'skyddat_boende'
),

-- A quarter that lacks a month or a crime is no quarter.
reported as (
    select
        observations.geography_id as municipality_id,
        {{ quarter_start('observations.period_start') }} as quarter_start,
        crime_count.number_of_crimes,
        {{ reproducible('sum(observations.value)') }} as reports,
        count(observations.value) as figures
    from observations
    inner join crimes on observations.series = crimes.series
    cross join crime_count
    group by
        observations.geography_id,
        {{ quarter_start('observations.period_start') }},
        crime_count.number_of_crimes
),

placed as (
    select
        municipality_id,
        quarter_start,
        count(*) as placements
    from placements
    group by municipality_id, quarter_start
),

final as (
    select
        reported.municipality_id,
        reported.quarter_start,
        years.period_start,
        reported.reports,
        coalesce(placed.placements, 0) as placements
    from reported
    inner join years
        on
            reported.municipality_id = years.municipality_id
            and {{ year_start('reported.quarter_start') }} = years.period_start
    left join placed
        on
            reported.municipality_id = placed.municipality_id
            and reported.quarter_start = placed.quarter_start
    where reported.figures = 3 * reported.number_of_crimes
)

select * from final
