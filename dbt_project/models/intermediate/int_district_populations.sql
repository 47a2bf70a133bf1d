with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

residents as (
    select
        municipality_id,
        board_name,
        make_date(year, 1, 1) as period_start,
        persons as population,
        case when age < 18 then persons else 0 end as children,
        cast(null as bigint) as households
    from {{ ref('stg_register__befolkning_stadsdel') }}
),

households as (
    select
        municipality_id,
        board_name,
        make_date(year, 1, 1) as period_start,
        cast(null as bigint) as population,
        cast(null as bigint) as children,
        households
    from {{ ref('stg_register__hushall_stadsdel') }}
),

units as (
    select * from residents
    union all
    select * from households
),

final as (
    select
        units.municipality_id,
        units.period_start,
        crosswalk.geography_id,
        sum(units.population) as population,
        sum(units.children) as children,
        sum(units.households) as households
    from units
    inner join crosswalk
        on
            units.municipality_id = crosswalk.municipality_id
            and units.board_name = crosswalk.board_name
            and units.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        units.municipality_id,
        units.period_start,
        crosswalk.geography_id
)

select * from final
