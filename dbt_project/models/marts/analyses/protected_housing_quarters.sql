with

placements as (
    select * from {{ ref('protected_housing') }}
    where geography_id = municipality_id and sex = 'kvinnor'
),

final as (
    select
        municipality_id,
        period_start,
        geography_id,
        form,
        with_children,
        cast(sum(persons) as bigint) as persons,
        cast(sum(decisions) as bigint) as decisions,
        cast(sum(children) as bigint) as children
    from placements
    group by
        municipality_id,
        period_start,
        geography_id,
        form,
        with_children
)

select * from final
