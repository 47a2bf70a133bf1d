with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

household_years as (
    select * from {{ ref('int_assistance_household_years') }}
    where granted_months is not null
),

durations as (
    select * from {{ ref('int_assistance_household_durations') }}
),

-- A household that moved between boards counts once in what covers both, and
-- has had assistance as long in each of them.
households as (
    select
        household_years.municipality_id,
        household_years.period_start,
        crosswalk.geography_id,
        household_years.household_id,
        household_years.obstacle,
        household_years.closing_reason,
        max(case when household_years.is_ended then 1 else 0 end) as has_ended
    from household_years
    inner join crosswalk
        on
            household_years.municipality_id = crosswalk.municipality_id
            and household_years.board_name = crosswalk.board_name
            and household_years.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        household_years.municipality_id,
        household_years.period_start,
        crosswalk.geography_id,
        household_years.household_id,
        household_years.obstacle,
        household_years.closing_reason
),

followed as (
    select
        households.*,
        durations.is_long_term,
        durations.is_very_long_term,
        durations.is_new
    from households
    inner join durations
        on
            households.municipality_id = durations.municipality_id
            and households.period_start = durations.period_start
            and households.household_id = durations.household_id
),

counted as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['obstacle', 'closing_reason']) }} as breakdown,
        {{ breakdown_category(['obstacle', 'closing_reason']) }} as category,
        count(*) as households,
        count(*) filter (where is_long_term) as long_term,
        count(is_very_long_term) as followed_three_years,
        count(*) filter (where is_very_long_term) as very_long_term,
        case when count(is_new) > 0 then count(*) filter (where is_new) end
            as newcomers,
        count(*) filter (where obstacle <> 'inget') as with_obstacle,
        sum(has_ended) as ended
    from followed
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'],
        ['obstacle', 'closing_reason']
    ) }}
),

-- Each obstacle is a share of all households, not of those who have it.
obstacles as (
    select
        counted.municipality_id,
        counted.period_start,
        counted.geography_id,
        counted.breakdown,
        counted.category,
        counted.with_obstacle,
        wholes.households
    from counted
    inner join counted as wholes
        on
            counted.municipality_id = wholes.municipality_id
            and counted.period_start = wholes.period_start
            and counted.geography_id = wholes.geography_id
            and wholes.breakdown = 'total'
    where
        counted.breakdown in ('total', 'obstacle')
        and counted.category <> 'inget'
),

final as (
    {{ measures_as_rows('counted', [
        {
            'indicator': 'assistance_long_term_share',
            'numerator': 'long_term',
            'denominator': 'households',
            'where': "breakdown = 'total'",
        },
        {
            'indicator': 'assistance_very_long_term_share',
            'numerator': 'very_long_term',
            'denominator': 'followed_three_years',
            'where': "breakdown = 'total'",
        },
        {
            'indicator': 'assistance_new_households',
            'numerator': 'newcomers',
            'where': "breakdown = 'total'",
        },
        {
            'indicator': 'assistance_ended_by_reason',
            'numerator': 'ended',
            'where': "breakdown in ('total', 'closing_reason')",
        },
    ]) }}
    union all
    {{ measures_as_rows('obstacles', [
        {
            'indicator': 'assistance_obstacle_share',
            'numerator': 'with_obstacle',
            'denominator': 'households',
        },
    ]) }}
)

select * from final
