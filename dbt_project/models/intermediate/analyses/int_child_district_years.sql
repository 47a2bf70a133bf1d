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
        cast(sum(cases) as bigint) as cases
    from by_child
    group by municipality_id, area_name, period_start
),

delivered as (
    select distinct
        municipality_id,
        period_start
    from cases
),

-- A year and the two before it, where both cases and children are known.
spans as (
    select
        areas.municipality_id,
        areas.area_name,
        areas.period_start,
        earlier.period_start as counted_start,
        earlier.children
    from areas
    inner join areas as earlier
        on
            areas.municipality_id = earlier.municipality_id
            and areas.area_name = earlier.area_name
            and earlier.year between areas.year - 2 and areas.year
    inner join delivered
        on
            earlier.municipality_id = delivered.municipality_id
            and earlier.period_start = delivered.period_start
    where earlier.children > 0
),

children_of_span as (
    select
        municipality_id,
        area_name,
        period_start,
        cast(sum(children) as bigint) as children
    from spans
    group by municipality_id, area_name, period_start
),

by_child_of_span as (
    select
        spans.municipality_id,
        spans.area_name,
        spans.period_start,
        by_child.person_id,
        sum(by_child.cases) as cases
    from spans
    inner join by_child
        on
            spans.municipality_id = by_child.municipality_id
            and spans.area_name = by_child.area_name
            and spans.counted_start = by_child.period_start
    group by
        spans.municipality_id,
        spans.area_name,
        spans.period_start,
        by_child.person_id
),

counted_of_span as (
    select
        municipality_id,
        area_name,
        period_start,
        cast(sum(cases) as bigint) as cases,
        cast(sum(cases * cases) as bigint) as squared_cases
    from by_child_of_span
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
        coalesce(children_of_span.children, 0) as child_years,
        coalesce(counted_of_span.cases, 0) as cases_of_span,
        coalesce(counted_of_span.squared_cases, 0) as squared_cases_of_span
    from areas
    left join counted
        on
            areas.municipality_id = counted.municipality_id
            and areas.area_name = counted.area_name
            and areas.period_start = counted.period_start
    left join children_of_span
        on
            areas.municipality_id = children_of_span.municipality_id
            and areas.area_name = children_of_span.area_name
            and areas.period_start = children_of_span.period_start
    left join counted_of_span
        on
            areas.municipality_id = counted_of_span.municipality_id
            and areas.area_name = counted_of_span.area_name
            and areas.period_start = counted_of_span.period_start
)

select * from final
