with

cases as (
    select * from {{ ref('int_child_case_stages') }}
),

areas as (
    select
        *,
        make_date(year, 1, 1) as period_start
    from {{ ref('stg_register__socioekonomi_stadsdel') }}
),

by_child as (
    select
        municipality_id,
        area_name,
        period_start,
        person_id,
        count(*) as cases
    from cases
    where area_name is not null
    group by municipality_id, area_name, period_start, person_id
),

counted as (
    select
        municipality_id,
        area_name,
        period_start,
        cast(sum(cases) as bigint) as cases,
        cast(sum(cases * cases) as bigint) as squared_cases
    from by_child
    group by municipality_id, area_name, period_start
),

final as (
    select
        areas.municipality_id,
        areas.period_start,
        areas.area_name,
        areas.board_name,
        areas.area_category,
        areas.socioeconomic_index,
        areas.children,
        coalesce(counted.cases, 0) as cases,
        coalesce(counted.squared_cases, 0) as squared_cases
    from areas
    left join counted
        on
            areas.municipality_id = counted.municipality_id
            and areas.area_name = counted.area_name
            and areas.period_start = counted.period_start
)

select * from final
