with

remainders as (
    select * from {{ ref('int_count_remainders') }}
    where value = 1
),

-- A count lies in itself, and in each that it is a part of.
containing as (
    select
        count_id,
        count_id as part_id
    from {{ ref('counts') }}
    union all
    select
        count_id,
        parts_by as part_id
    from {{ ref('count_sums') }}
    where kind = 'counts'
),

final as (
    select
        wholes.cell_id as whole_cell_id,
        parts.cell_id
    from remainders as wholes
    inner join containing on wholes.count_id = containing.count_id
    inner join remainders as parts
        on
            containing.part_id = parts.count_id
            and wholes.slot = parts.slot
            and wholes.quantity = parts.quantity
            and wholes.period_start = parts.period_start
            and wholes.cell_id <> parts.cell_id
            and (
                wholes.geography_id = parts.geography_id
                or wholes.geography_id = '{{ var("municipality_id") }}'
            )
            and (
                wholes.breakdown = 'total'
                or (
                    wholes.breakdown = parts.breakdown
                    and wholes.category = parts.category
                )
                or (
                    parts.breakdown like '%*%'
                    and wholes.breakdown
                    = split_part(parts.breakdown, '*', 1)
                    and wholes.category
                    = split_part(parts.category, '*', 1)
                )
                or (
                    parts.breakdown like '%*%'
                    and wholes.breakdown
                    = split_part(parts.breakdown, '*', 2)
                    and wholes.category
                    = split_part(parts.category, '*', 2)
                )
            )
)

select * from final
