with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'skyddat_boende_placeringar'
),

placements as (
    select * from {{ ref('int_protected_housing_placements') }}
    where municipality_id = '{{ var("municipality_id") }}'
),

located as (
    select
        placements.*,
        crosswalk.geography_id,
        -- A person counts once a year, where the first decision is.
        row_number() over (
            partition by
                placements.period_start,
                crosswalk.geography_id,
                placements.housing_form,
                placements.person_id
            order by
                placements.decision_date nulls last,
                placements.placement_id nulls last
        ) as decision_number
    from placements
    inner join years
        on
            placements.municipality_id = years.municipality_id
            and placements.period_start = years.period_start
    inner join crosswalk
        on
            placements.municipality_id = crosswalk.municipality_id
            and placements.board_name = crosswalk.board_name
            and placements.period_start between crosswalk.counts_from
            and crosswalk.counts_to
),

final as (
    select
        municipality_id,
        quarter_start as period_start,
        geography_id,
        housing_form as form,
        reason as cause,
        sex,
        cast(count(*) filter (where decision_number = 1) as bigint) as persons,
        cast(sum(accompanying_children) as bigint) as children,
        cast(sum(days) as bigint) as days,
        accompanying_children > 0 as with_children,
        count(*) as decisions
    from located
    group by
        municipality_id,
        quarter_start,
        geography_id,
        housing_form,
        accompanying_children > 0,
        reason,
        sex
)

select * from final
