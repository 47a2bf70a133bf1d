with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

areas as (
    select
        municipality_id,
        board_name,
        children,
        socioeconomic_index,
        make_date(year, 1, 1) as period_start
    from {{ ref('stg_register__socioekonomi_stadsdel') }}
),

weighted as (
    select
        areas.municipality_id,
        areas.period_start,
        crosswalk.geography_id,
        'total' as breakdown,
        'total' as category,
        cast(sum(areas.socioeconomic_index * areas.children) as double)
        / nullif(sum(areas.children), 0) as mean_index
    from areas
    inner join crosswalk
        on
            areas.municipality_id = crosswalk.municipality_id
            and areas.board_name = crosswalk.board_name
            and areas.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        areas.municipality_id,
        areas.period_start,
        crosswalk.geography_id
),

final as (
    {{ measures_as_rows('weighted', [
        {'indicator': 'socioeconomic_index', 'numerator': 'mean_index'},
    ]) }}
)

select * from final
