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
        household_years.household_type,
        bit_count(bit_or(household_years.granted_months)) as months,
        max(household_years.children) as children,
        sum(household_years.granted_amount) as granted_amount
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
        household_years.household_type
),

-- Who was granted nothing has no type, and is in the whole.
household_totals as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['household_type']) }} as breakdown,
        {{ breakdown_category(['household_type']) }} as category,
        count(months) as households,
        coalesce(sum(children), 0) as children,
        sum(months) as months,
        {{ reproducible('stddev_samp(months)') }} as months_deviation,
        sum(granted_amount) as granted_amount,
        {{ two_largest('granted_amount') }},
        {{ two_largest('months') }}
    from households
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'], ['household_type']
    ) }}
),

decided as (
    select
        household_years.municipality_id,
        household_years.period_start,
        crosswalk.geography_id,
        household_years.applicant_sex as sex,
        household_years.applicant_age_group as age_group,
        household_years.decisions,
        household_years.refusals
    from household_years
    inner join crosswalk
        on
            household_years.municipality_id = crosswalk.municipality_id
            and household_years.board_name = crosswalk.board_name
            and household_years.period_start between crosswalk.counts_from
            and crosswalk.counts_to
),

applicant_totals as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        sum(decisions) as decisions,
        sum(refusals) as refusals
    from decided
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'],
        ['sex', 'age_group', 'sex, age_group']
    ) }}
),

-- A couple's assistance is half each one's.
adults as (
    select
        person_years.municipality_id,
        person_years.period_start,
        crosswalk.geography_id,
        person_years.person_id,
        person_years.sex,
        person_years.age_group,
        coalesce(sum(person_years.alone_amount), 0) as alone_amount,
        coalesce(sum(person_years.together_amount), 0) as together_amount,
        cast(coalesce(sum(person_years.alone_amount), 0) as double)
        + cast(coalesce(sum(person_years.together_amount), 0) as double) / 2
            as amount
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
        crosswalk.geography_id,
        person_years.person_id,
        person_years.sex,
        person_years.age_group
),

adult_totals as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        count(*) as adults,
        cast(sum(alone_amount) as double)
        + cast(sum(together_amount) as double) / 2 as amount,
        {{ reproducible('stddev_samp(amount)') }} as amount_deviation,
        {{ two_largest('amount') }}
    from adults
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'],
        ['sex', 'age_group', 'sex, age_group']
    ) }}
),

counted as (
    select
        household_totals.*,
        populations.households as all_households,
        household_totals.children
        + coalesce(adult_totals.adults, 0) as recipients
    from household_totals
    left join adult_totals
        on
            household_totals.municipality_id = adult_totals.municipality_id
            and household_totals.period_start = adult_totals.period_start
            and household_totals.geography_id = adult_totals.geography_id
            and household_totals.breakdown = adult_totals.breakdown
    left join populations
        on
            household_totals.municipality_id = populations.municipality_id
            and household_totals.period_start = populations.period_start
            and household_totals.geography_id = populations.geography_id
            and household_totals.breakdown = populations.breakdown
            and household_totals.category = populations.category
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'assistance_households', 'numerator': 'households'},
        {
            'indicator': 'assistance_households_share',
            'numerator': 'households',
            'denominator': 'all_households',
            'where': "(breakdown = 'total' or all_households > 0)",
        },
        {
            'indicator': 'assistance_recipients',
            'numerator': 'recipients',
            'where': "breakdown = 'total'",
        },
        {'indicator': 'assistance_children', 'numerator': 'children'},
        {
            'indicator': 'assistance_months',
            'numerator': 'months',
            'largest': 'months',
        },
        {
            'indicator': 'assistance_mean_months',
            'numerator': 'months',
            'denominator': 'households',
            'standard_deviation': 'months_deviation',
            'observations': 'households',
            'largest': 'months',
        },
        {
            'indicator': 'assistance_cost',
            'numerator': 'granted_amount',
            'largest': 'granted_amount',
        },
    ]) }}
    union all
    {{ measures_as_rows('applicant_totals', [
        {'indicator': 'assistance_decisions', 'numerator': 'decisions'},
        {'indicator': 'assistance_rejections', 'numerator': 'refusals'},
        {
            'indicator': 'assistance_rejection_share',
            'numerator': 'refusals',
            'denominator': 'decisions',
        },
    ]) }}
    union all
    {{ measures_as_rows('adult_totals', [
        {
            'indicator': 'assistance_recipients',
            'numerator': 'adults',
            'where': "breakdown <> 'total'",
        },
        {
            'indicator': 'assistance_cost',
            'numerator': 'amount',
            'standard_deviation': 'amount_deviation',
            'observations': 'adults',
            'largest': 'amount',
            'where': "breakdown in ('sex', 'age_group')",
        },
    ]) }}
)

select * from final
