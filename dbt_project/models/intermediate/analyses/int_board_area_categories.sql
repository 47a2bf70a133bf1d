with

boards as (
    select distinct
        municipality_id,
        board_name,
        geography_id
    from {{ ref('int_geography_crosswalk') }}
    where
        counts_to = make_date(9999, 12, 31)
        and geography_id <> municipality_id
),

areas as (
    select
        areas.municipality_id,
        boards.geography_id,
        areas.area_category,
        make_date(areas.year, 1, 1) as period_start,
        sum(areas.children) as children
    from {{ ref('stg_register__socioekonomi_stadsdel') }} as areas
    inner join boards
        on
            areas.municipality_id = boards.municipality_id
            and areas.board_name = boards.board_name
    group by
        areas.municipality_id,
        boards.geography_id,
        areas.area_category,
        make_date(areas.year, 1, 1)
),

ranked as (
    select
        *,
        row_number() over (
            partition by municipality_id, geography_id, period_start
            order by children desc nulls last, area_category asc nulls last
        ) as place
    from areas
),

final as (
    select
        municipality_id,
        geography_id,
        period_start,
        area_category
    from ranked
    where place = 1
)

select * from final
