with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

cases as (
    select
        *,
        child_sex as sex,
        child_age_group as age_group,
        {{ year_start('start_date') }} as period_start
    from {{ ref('stg_register__familjeratt_arenden') }}
),

counted as (
    select
        cases.municipality_id,
        cases.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        count(*) as cases
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

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'family_law_cases', 'numerator': 'cases'},
    ]) }}
)

select * from final
