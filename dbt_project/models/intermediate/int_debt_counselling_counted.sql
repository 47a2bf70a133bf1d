with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

visits as (
    select * from {{ ref('stg_register__budget_skuldradgivning') }}
),

cases as (
    select
        visits.municipality_id,
        visits.board_name,
        visits.person_id,
        visits.sex,
        {{ age_group_of_year('visits', year_start('visits.first_visit_date')) }}
            as age_group,
        {{ year_start('visits.first_visit_date') }} as period_start
    from visits
),

counted as (
    select
        cases.municipality_id,
        cases.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        count(distinct cases.person_id) as persons
    from cases
    inner join crosswalk
        on
            cases.municipality_id = crosswalk.municipality_id
            and cases.board_name = crosswalk.board_name
            and cases.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by {{ whole_and_each(
        ['cases.municipality_id', 'cases.period_start', 'crosswalk.geography_id'],
        ['cases.sex', 'cases.age_group', 'cases.sex, cases.age_group']
    ) }}
),

-- Those of the year before, who have all been followed a whole year.
followed as (
    select
        visits.municipality_id,
        visits.board_name,
        visits.person_id,
        visits.sex,
        make_date(
            cast(extract(year from visits.first_visit_date) as integer) + 1,
            1,
            1
        ) as period_start,
        visits.has_applied_for_debt_relief as has_applied,
        visits.has_applied_for_debt_relief
        and coalesce(
            {{ days_between(
                'visits.first_visit_date', 'visits.debt_relief_date'
            ) }}, 0
        ) <= 365 as has_applied_within_a_year
    from visits
),

counted_applications as (
    select
        followed.municipality_id,
        followed.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex']) }} as breakdown,
        {{ breakdown_category(['sex']) }} as category,
        count(
            distinct case
                when followed.has_applied is not null then followed.person_id
            end
        ) as answered,
        count(
            distinct case
                when followed.has_applied_within_a_year then followed.person_id
            end
        ) as applied
    from followed
    inner join crosswalk
        on
            followed.municipality_id = crosswalk.municipality_id
            and followed.board_name = crosswalk.board_name
            and followed.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by {{ whole_and_each(
        [
            'followed.municipality_id',
            'followed.period_start',
            'crosswalk.geography_id',
        ],
        ['followed.sex']
    ) }}
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'debt_counselling_new', 'numerator': 'persons'},
    ]) }}
    union all
    {{ measures_as_rows('counted_applications', [
        {
            'indicator': 'debt_relief_applied_share',
            'numerator': 'applied',
            'denominator': 'answered',
        },
    ]) }}
)

select * from final
