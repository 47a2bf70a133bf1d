with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

household_years as (
    select * from {{ ref('int_assistance_household_years') }}
),

person_years as (
    select * from {{ ref('int_assistance_person_years') }}
),

populations as (
    select * from {{ ref('int_district_populations') }}
),

-- A household that moved between boards counts once in what covers both.
households as (
    select
        household_years.municipality_id,
        household_years.period_start,
        crosswalk.geography_id,
        household_years.household_id,
        bit_count(bit_or(household_years.granted_months)) as months,
        max(household_years.children) as children,
        sum(household_years.granted_amount) as granted_amount,
        sum(household_years.decisions) as decisions,
        sum(household_years.refusals) as refusals
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
        household_years.household_id
),

household_totals as (
    select
        municipality_id,
        period_start,
        geography_id,
        count(months) as households,
        coalesce(sum(children), 0) as children,
        sum(months) as months,
        {{ reproducible('stddev_samp(months)') }} as months_deviation,
        sum(granted_amount) as granted_amount,
        sum(decisions) as decisions,
        sum(refusals) as refusals
    from households
    group by municipality_id, period_start, geography_id
),

adult_totals as (
    select
        person_years.municipality_id,
        person_years.period_start,
        crosswalk.geography_id,
        count(distinct person_years.person_id) as adults
    from person_years
    inner join crosswalk
        on
            person_years.municipality_id = crosswalk.municipality_id
            and person_years.board_name = crosswalk.board_name
            and person_years.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        person_years.municipality_id,
        person_years.period_start,
        crosswalk.geography_id
),

counted as (
    select
        household_totals.*,
        populations.households as all_households,
        'total' as breakdown,
        'total' as category,
        household_totals.children
        + coalesce(adult_totals.adults, 0) as recipients
    from household_totals
    left join adult_totals
        on
            household_totals.municipality_id = adult_totals.municipality_id
            and household_totals.period_start = adult_totals.period_start
            and household_totals.geography_id = adult_totals.geography_id
    left join populations
        on
            household_totals.municipality_id = populations.municipality_id
            and household_totals.period_start = populations.period_start
            and household_totals.geography_id = populations.geography_id
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'assistance_households', 'numerator': 'households'},
        {
            'indicator': 'assistance_households_share',
            'numerator': 'households',
            'denominator': 'all_households',
        },
        {'indicator': 'assistance_recipients', 'numerator': 'recipients'},
        {'indicator': 'assistance_children', 'numerator': 'children'},
        {'indicator': 'assistance_months', 'numerator': 'months'},
        {
            'indicator': 'assistance_mean_months',
            'numerator': 'months',
            'denominator': 'households',
            'standard_deviation': 'months_deviation',
            'observations': 'households',
        },
        {'indicator': 'assistance_cost', 'numerator': 'granted_amount'},
        {'indicator': 'assistance_decisions', 'numerator': 'decisions'},
        {'indicator': 'assistance_rejections', 'numerator': 'refusals'},
        {
            'indicator': 'assistance_rejection_share',
            'numerator': 'refusals',
            'denominator': 'decisions',
        },
    ]) }}
)

select * from final
