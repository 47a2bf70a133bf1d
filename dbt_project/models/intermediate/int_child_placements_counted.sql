with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'barn_unga_placeringar'
),

placements as (
    select * from {{ ref('stg_register__barn_unga_placeringar') }}
),

in_force as (
    select
        placements.municipality_id,
        years.period_start,
        placements.board_name,
        placements.person_id,
        placements.sex,
        {{ age_group_of_year('placements', 'years.period_start') }}
            as age_group,
        case when placements.legal_basis = 'lvu' then 1 else 0 end as is_by_law,
        case
            when placements.form in ('familjehem', 'jourhem', 'natverkshem')
                then 1
            else 0
        end as is_family_home,
        -- Days of the year, the first and the last among them.
        {{ days_between(
            'greatest(placements.start_date, years.period_start)',
            'least(
                coalesce(placements.end_date, years.period_end),
                years.period_end
            )'
        ) }} + 1 as care_days
    from placements
    inner join years
        on
            placements.municipality_id = years.municipality_id
            and placements.start_date <= years.period_end
            and (
                placements.end_date is null
                or placements.end_date >= years.period_start
            )
),

-- Each child once a year and place, with what the child has had there.
children as (
    select
        in_force.municipality_id,
        in_force.period_start,
        crosswalk.geography_id,
        in_force.person_id,
        in_force.sex,
        in_force.age_group,
        max(in_force.is_by_law) as has_by_law,
        max(in_force.is_family_home) as has_family_home,
        sum(in_force.care_days) as care_days
    from in_force
    inner join crosswalk
        on
            in_force.municipality_id = crosswalk.municipality_id
            and in_force.board_name = crosswalk.board_name
            and in_force.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        in_force.municipality_id,
        in_force.period_start,
        crosswalk.geography_id,
        in_force.person_id,
        in_force.sex,
        in_force.age_group
),

counted as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        count(distinct person_id) as placed,
        count(distinct case when has_by_law = 1 then person_id end) as by_law,
        count(distinct case when has_family_home = 1 then person_id end)
            as in_family_homes,
        count(care_days) as in_care,
        sum(care_days) as care_days,
        {{ reproducible('stddev_samp(care_days)') }} as care_days_deviation,
        {{ two_largest('care_days') }}
    from children
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'],
        ['sex', 'age_group']
    ) }}
),

ended as (
    select
        placements.municipality_id,
        years.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex']) }} as breakdown,
        {{ breakdown_category(['sex']) }} as category,
        count(*) as placements,
        count(*) filter (where placements.ended_by = 'sammanbrott')
            as broken_down
    from placements
    inner join years
        on
            placements.municipality_id = years.municipality_id
            and placements.end_date between years.period_start
            and years.period_end
    inner join crosswalk
        on
            placements.municipality_id = crosswalk.municipality_id
            and placements.board_name = crosswalk.board_name
            and years.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    where placements.ended_by is not null
    group by {{ whole_and_each(
        [
            'placements.municipality_id',
            'years.period_start',
            'crosswalk.geography_id',
        ],
        ['placements.sex']
    ) }}
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'children_placed', 'numerator': 'placed'},
        {
            'indicator': 'children_placed_by_law_share',
            'numerator': 'by_law',
            'denominator': 'placed',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'children_placed_in_family_homes_share',
            'numerator': 'in_family_homes',
            'denominator': 'placed',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'children_placed_days',
            'numerator': 'care_days',
            'denominator': 'in_care',
            'standard_deviation': 'care_days_deviation',
            'observations': 'in_care',
            'largest': 'care_days',
            'where': "breakdown in ('total', 'sex')",
        },
    ]) }}
    union all
    {{ measures_as_rows('ended', [
        {
            'indicator': 'placement_breakdown_share',
            'numerator': 'broken_down',
            'denominator': 'placements',
        },
    ]) }}
)

select * from final
