with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

cases as (
    select
        *,
        {{ year_start('first_visit_date') }} as period_start
    from {{ ref('stg_register__budget_skuldradgivning') }}
),

counted as (
    select
        cases.municipality_id,
        cases.period_start,
        crosswalk.geography_id,
        'total' as breakdown,
        'total' as category,
        count(distinct cases.person_id) as persons
    from cases
    inner join crosswalk
        on
            cases.municipality_id = crosswalk.municipality_id
            and cases.board_name = crosswalk.board_name
            and cases.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        cases.municipality_id,
        cases.period_start,
        crosswalk.geography_id
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'debt_counselling_new', 'numerator': 'persons'},
    ]) }}
)

select * from final
