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
        sum(cast(granted_amount as double) * granted_amount)
            as amount_squares,
        sum(cast(granted_amount as double) * months) as amount_products,
        sum(cast(months as double) * months) as month_squares,
        {{ two_largest('granted_amount') }},
        {{ two_largest('months') }}
    from households
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'], ['household_type']
    ) }}
),

month_amounts as (
    select
        *,
        cast(granted_amount as double) / months as month_amount
    from household_totals
),

-- Kronor a month are a ratio of two sums over households. What the months of
-- one household have in common makes them worth less than as many of their own:
-- this spread, over the root of the months, is the error between households.
spread as (
    select
        *,
        case
            when households > 1
                then {{ reproducible(
                    "sqrt(greatest(amount_squares"
                    ~ " - 2 * month_amount * amount_products"
                    ~ " + month_amount * month_amount * month_squares, 0)"
                    ~ " * (cast(households as double)"
                    ~ " / ((households - 1) * months)))"
                ) }}
        end as month_amount_deviation
    from month_amounts
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

-- The young among them, in the whole and by sex.
young_adults as (
    select
        adult_totals.municipality_id,
        adult_totals.period_start,
        adult_totals.geography_id,
        adult_totals.adults,
        populations.population as all_adults,
        case adult_totals.breakdown when 'age_group' then 'total' else 'sex' end
            as breakdown,
        case
            when adult_totals.breakdown = 'age_group' then 'total'
            else split_part(adult_totals.category, '*', 1)
        end as category
    from adult_totals
    inner join populations
        on
            adult_totals.municipality_id = populations.municipality_id
            and adult_totals.period_start = populations.period_start
            and adult_totals.geography_id = populations.geography_id
            and adult_totals.breakdown = populations.breakdown
            and adult_totals.category = populations.category
    where
        (
            adult_totals.breakdown = 'age_group'
            and adult_totals.category = '18-24'
        )
        or (
            adult_totals.breakdown = 'sex*age_group'
            and adult_totals.category like '%*18-24'
        )
),

counted as (
    select
        spread.*,
        populations.households as all_households,
        populations.children as all_children,
        spread.children
        + coalesce(adult_totals.adults, 0) as recipients
    from spread
    left join adult_totals
        on
            spread.municipality_id = adult_totals.municipality_id
            and spread.period_start = adult_totals.period_start
            and spread.geography_id = adult_totals.geography_id
            and spread.breakdown = adult_totals.breakdown
    left join populations
        on
            spread.municipality_id = populations.municipality_id
            and spread.period_start = populations.period_start
            and spread.geography_id = populations.geography_id
            and spread.breakdown = populations.breakdown
            and spread.category = populations.category
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
        {
            'indicator': 'assistance_amount_per_month',
            'numerator': 'granted_amount',
            'denominator': 'months',
            'standard_deviation': 'month_amount_deviation',
            'observations': 'months',
            'largest': 'granted_amount',
            'where': 'households > 0',
        },
        {
            'indicator': 'assistance_children_share',
            'numerator': 'children',
            'denominator': 'all_children',
            'where': "breakdown = 'total'",
        },
    ]) }}
    union all
    {{ measures_as_rows('young_adults', [
        {
            'indicator': 'assistance_young_adults_share',
            'numerator': 'adults',
            'denominator': 'all_adults',
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
