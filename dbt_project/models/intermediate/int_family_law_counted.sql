with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

cases as (
    select
        *,
        child_sex as sex,
        child_age_group as age_group,
        {{ year_start('start_date') }} as period_start,
        {{ year_start('end_date') }} as end_year
    from {{ ref('stg_register__familjeratt_arenden') }}
),

counted as (
    select
        cases.municipality_id,
        cases.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        count(*) as cases,
        count(*) filter (where cases.case_type = 'avtal') as agreements,
        count(*) filter (where cases.case_type = 'samarbetssamtal') as talks,
        count(*) filter (where cases.case_type = 'utredning_vardnad')
            as custody_investigations,
        count(*) filter (where cases.case_type = 'faderskap') as paternities
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

-- Those that parents can agree in, by the year when they ended.
ended as (
    select
        cases.municipality_id,
        cases.end_year as period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex']) }} as breakdown,
        {{ breakdown_category(['sex']) }} as category,
        count(*) as cases,
        count(*) filter (where cases.result = 'overenskommelse') as agreed,
        count(*) filter (where cases.case_type = 'utredning_vardnad')
            as custody_investigations
    from cases
    inner join crosswalk
        on
            cases.municipality_id = crosswalk.municipality_id
            and cases.board_name = crosswalk.board_name
            and cases.end_year between crosswalk.counts_from
            and crosswalk.counts_to
    where
        cases.case_type not in ('faderskap', 'adoption')
        and cases.result is not null
    group by {{ whole_and_each(
        ['cases.municipality_id', 'cases.end_year', 'crosswalk.geography_id'],
        ['cases.sex']
    ) }}
),

custody_investigations as (
    select
        cases.municipality_id,
        cases.end_year as period_start,
        crosswalk.geography_id,
        cases.sex,
        {{ days_between('cases.start_date', 'cases.end_date') }} as days
    from cases
    inner join crosswalk
        on
            cases.municipality_id = crosswalk.municipality_id
            and cases.board_name = crosswalk.board_name
            and cases.end_year between crosswalk.counts_from
            and crosswalk.counts_to
    where
        cases.case_type = 'utredning_vardnad'
        and cases.result is not null
),

{{ medians_with_sex(
    'durations',
    'custody_investigations',
    'days',
    ['municipality_id', 'period_start', 'geography_id']
) }},

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'family_law_cases', 'numerator': 'cases'},
        {
            'indicator': 'family_law_agreements',
            'numerator': 'agreements',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'family_law_talks',
            'numerator': 'talks',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'family_law_custody_investigations',
            'numerator': 'custody_investigations',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'family_law_paternities',
            'numerator': 'paternities',
            'where': "breakdown in ('total', 'sex')",
        },
    ]) }}
    union all
    {{ measures_as_rows('ended', [
        {
            'indicator': 'family_law_agreed_share',
            'numerator': 'agreed',
            'denominator': 'cases',
        },
        {
            'indicator': 'family_law_custody_investigations_ended',
            'numerator': 'custody_investigations',
        },
    ]) }}
    union all
    {{ measures_as_rows('durations', [
        {
            'indicator': 'family_law_custody_days_median',
            'numerator': 'median_value',
        },
    ]) }}
)

select * from final
