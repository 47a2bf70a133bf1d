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
    {{ measures_as_rows('counted_cases', [
        {'indicator': 'child_cases', 'numerator': 'cases'},
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
