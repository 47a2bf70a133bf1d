with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

populations as (
    select * from {{ ref('int_district_populations') }}
),

reports as (
    select * from {{ ref('int_child_reports') }}
),

closings as (
    select * from {{ ref('int_child_closings') }}
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'barn_unga_arenden'
),

located as (
    select
        reports.*,
        crosswalk.geography_id
    from reports
    inner join crosswalk
        on
            reports.municipality_id = crosswalk.municipality_id
            and reports.board_name = crosswalk.board_name
            and reports.period_start between crosswalk.counts_from
            and crosswalk.counts_to
),

case_groups as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex', 'age_group', 'contact_reason']) }}
            as breakdown,
        {{ breakdown_category(['sex', 'age_group', 'contact_reason']) }}
            as category,
        count(*) as cases,
        count(*) filter (where sex = 'man') as boys,
        count(*) filter (where sex = 'kvinnor') as girls,
        count(*) filter (where is_investigated) as investigations,
        count(*) filter (where is_granted) as granted_investigations,
        count(*) filter (where is_preschool_age) as preschool_investigations,
        count(*) filter (where is_preschool_age and has_preschool)
            as preschool_contacted,
        count(*) filter (where is_school_age) as school_investigations,
        count(*) filter (where is_school_age and has_school)
            as school_contacted
    from located
    where is_case
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'],
        ['sex', 'age_group', 'sex, age_group', 'contact_reason']
    ) }}
),

counted_reports as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex', 'age_group', 'report_type']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group', 'report_type']) }}
            as category,
        count(*) as reports,
        count(*) filter (where is_assessed) as assessments,
        count(*) filter (where is_assessed_in_time) as assessed_in_time
    from located
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'],
        ['sex', 'age_group', 'report_type']
    ) }}
),

-- What was reported before the register began is not in it: of its first year
-- only those who were quick would be counted.
ended_investigations as (
    select
        reports.municipality_id,
        years.period_start,
        crosswalk.geography_id,
        reports.sex,
        {{ days_between(
            'reports.investigation_start_date', 'reports.investigation_end_date'
        ) }} as days,
        reports.investigation_end_date > {{ months_later(
            'reports.investigation_start_date',
            var('child_investigation_months')
        ) }} as is_too_long
    from reports
    inner join years
        on
            reports.municipality_id = years.municipality_id
            and reports.investigation_end_date between years.period_start
            and years.period_end
    inner join years as earlier
        on
            years.municipality_id = earlier.municipality_id
            and extract(year from years.period_start)
            = extract(year from earlier.period_start) + 1
    inner join crosswalk
        on
            reports.municipality_id = crosswalk.municipality_id
            and reports.board_name = crosswalk.board_name
            and years.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    where
        reports.is_case
        and reports.is_investigated
        and reports.investigation_start_date is not null
),

counted_investigations as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex']) }} as breakdown,
        {{ breakdown_category(['sex']) }} as category,
        count(*) as ended,
        count(*) filter (where is_too_long) as too_long
    from ended_investigations
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'], ['sex']
    ) }}
),

{{ medians_with_sex(
    'durations',
    'ended_investigations',
    'days',
    ['municipality_id', 'period_start', 'geography_id']
) }},

counted_cases as (
    select
        case_groups.*,
        populations.children
    from case_groups
    left join populations
        on
            case_groups.municipality_id = populations.municipality_id
            and case_groups.period_start = populations.period_start
            and case_groups.geography_id = populations.geography_id
            and case_groups.breakdown = populations.breakdown
            and case_groups.category = populations.category
),

-- Those of the year before, which have been followed a whole year.
closed_spells as (
    select
        closings.municipality_id,
        crosswalk.geography_id,
        closings.sex,
        closings.age_group,
        closings.history as previous_cases,
        make_date(
            cast(extract(year from closings.period_start) as integer) + 1, 1, 1
        ) as period_start,
        closings.is_reported_again and closings.days <= 365
            as is_reported_again
    from closings
    inner join crosswalk
        on
            closings.municipality_id = crosswalk.municipality_id
            and closings.board_name = crosswalk.board_name
            and make_date(
                cast(extract(year from closings.period_start) as integer) + 1,
                1,
                1
            ) between crosswalk.counts_from and crosswalk.counts_to
),

counted_closings as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex', 'age_group', 'previous_cases']) }}
            as breakdown,
        {{ breakdown_category(['sex', 'age_group', 'previous_cases']) }}
            as category,
        count(*) as closed,
        count(*) filter (where is_reported_again) as reported_again
    from closed_spells
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'],
        ['sex', 'age_group', 'sex, age_group', 'previous_cases']
    ) }}
),

final as (
    {{ measures_as_rows('counted_reports', [
        {'indicator': 'child_reports', 'numerator': 'reports'},
        {
            'indicator': 'child_assessments_within_14_days_share',
            'numerator': 'assessed_in_time',
            'denominator': 'assessments',
            'where': "breakdown in ('total', 'sex')",
        },
    ]) }}
    union all
    {{ measures_as_rows('durations', [
        {
            'indicator': 'child_investigation_days_median',
            'numerator': 'median_value',
        },
    ]) }}
    union all
    {{ measures_as_rows('counted_investigations', [
        {
            'indicator': 'child_investigations_over_4_months_share',
            'numerator': 'too_long',
            'denominator': 'ended',
        },
    ]) }}
    union all
    {{ measures_as_rows('counted_cases', [
        {'indicator': 'child_cases', 'numerator': 'cases'},
        {
            'indicator': 'child_investigations',
            'numerator': 'investigations',
            'where': "breakdown <> 'contact_reason'",
        },
        {
            'indicator': 'child_cases_per_100',
            'numerator': 'cases',
            'denominator': 'children',
            'where': "(breakdown = 'total' or children > 0)",
        },
        {
            'indicator': 'child_cases_boys_share',
            'numerator': 'boys',
            'denominator': 'cases',
            'where': "breakdown not in ('sex', 'sex*age_group')",
        },
        {
            'indicator': 'child_cases_girls_share',
            'numerator': 'girls',
            'denominator': 'cases',
            'where': "breakdown not in ('sex', 'sex*age_group')",
        },
        {
            'indicator': 'child_intervention_share',
            'numerator': 'granted_investigations',
            'denominator': 'investigations',
        },
        {
            'indicator': 'child_preschool_contacted_share',
            'numerator': 'preschool_contacted',
            'denominator': 'preschool_investigations',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'child_school_contacted_share',
            'numerator': 'school_contacted',
            'denominator': 'school_investigations',
            'where': "breakdown <> 'contact_reason'",
        },
    ]) }}
    union all
    {{ measures_as_rows('counted_closings', [
        {
            'indicator': 'child_rereferral_share',
            'numerator': 'reported_again',
            'denominator': 'closed',
        },
    ]) }}
)

select * from final
