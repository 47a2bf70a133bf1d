{#- What each indicator sums, and over what; a population is known. -#}
{%- set of_households = {
    'assistance_children': ('children', none),
    'assistance_decisions': ('decisions', none),
    'assistance_rejections': ('refusals', none),
    'assistance_rejection_share': ('refusals', 'decisions'),
} -%}
{%- set of_children = {
    'child_assessments_within_14_days_share': ('assessed_in_time', 'assessed'),
    'child_cases': ('cases', none),
    'child_cases_boys_share': ('boys', 'cases'),
    'child_cases_girls_share': ('girls', 'cases'),
    'child_intervention_share': ('interventions', 'investigations'),
    'child_preschool_contacted_share': ('preschool_contacted', 'preschool'),
    'child_school_contacted_share': ('school_contacted', 'school'),
} -%}
{%- set keys = ['municipality_id', 'period_start', 'geography_id'] -%}

-- Several decisions of one household, and several cases of one child, go
-- together: what their squares sum to says how much less they are worth.
with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

household_years as (
    select * from {{ ref('int_assistance_household_years') }}
),

reports as (
    select * from {{ ref('int_child_reports') }}
    where is_case
),

households as (
    select
        household_years.municipality_id,
        household_years.period_start,
        crosswalk.geography_id,
        household_years.household_id,
        household_years.applicant_sex as sex,
        household_years.applicant_age_group as age_group,
        coalesce(max(household_years.children), 0) as children,
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
        household_years.household_id,
        household_years.applicant_sex,
        household_years.applicant_age_group
),

children as (
    select
        reports.municipality_id,
        reports.period_start,
        crosswalk.geography_id,
        reports.person_id,
        reports.sex,
        reports.age_group,
        reports.contact_reason,
        count(*) as cases,
        count(*) filter (where reports.sex = 'man') as boys,
        count(*) filter (where reports.sex = 'kvinnor') as girls,
        count(*) filter (where reports.is_investigated) as investigations,
        count(*) filter (where reports.is_granted) as interventions,
        count(*) filter (where reports.is_assessed) as assessed,
        count(*) filter (where reports.is_assessed_in_time) as assessed_in_time,
        count(*) filter (where reports.is_preschool_age) as preschool,
        count(*) filter (
            where reports.is_preschool_age and reports.has_preschool
        ) as preschool_contacted,
        count(*) filter (where reports.is_school_age) as school,
        count(*) filter (where reports.is_school_age and reports.has_school)
            as school_contacted
    from reports
    inner join crosswalk
        on
            reports.municipality_id = crosswalk.municipality_id
            and reports.board_name = crosswalk.board_name
            and reports.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        reports.municipality_id,
        reports.period_start,
        crosswalk.geography_id,
        reports.person_id,
        reports.sex,
        reports.age_group,
        reports.contact_reason
),

squared_households as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        {{ sums_of_squares(of_households) }}
    from households
    group by {{ whole_and_each(keys, ['sex', 'age_group', 'sex, age_group']) }}
),

squared_children as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex', 'age_group', 'contact_reason']) }}
            as breakdown,
        {{ breakdown_category(['sex', 'age_group', 'contact_reason']) }}
            as category,
        {{ sums_of_squares(of_children) }}
    from children
    group by {{ whole_and_each(
        keys, ['sex', 'age_group', 'sex, age_group', 'contact_reason']
    ) }}
),

final as (
    {{ squares_as_rows('squared_households', of_households) }}
    union all
    {{ squares_as_rows('squared_children', of_children) }}
)

select * from final
