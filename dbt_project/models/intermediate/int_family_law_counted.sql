with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

cases as (
    select
        *,
        {{ year_start('start_date') }} as period_start
    from {{ ref('stg_register__familjeratt_arenden') }}
),

counted as (
    select
        cases.municipality_id,
        cases.period_start,
        crosswalk.geography_id,
        'total' as breakdown,
        'total' as category,
        count(*) as cases
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
        {'indicator': 'family_law_cases', 'numerator': 'cases'},
    ]) }}
)

select * from final
