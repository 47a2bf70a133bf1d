with

sums as (
    select * from {{ ref('int_count_sums') }}
),

cells as (
    select * from {{ ref('int_count_cells') }}
),

differences as (
    select
        sum_id,
        kind,
        can_overlap,
        whole_cell_id,
        min(parts_by) as parts_by,
        max(whole_value) - sum(value) as difference
    from sums
    group by
        sum_id,
        kind,
        can_overlap,
        whole_cell_id
),

final as (
    select
        differences.sum_id,
        differences.kind,
        differences.can_overlap,
        concat_ws(' ', differences.kind, differences.parts_by) as slot,
        differences.whole_cell_id,
        {{ cell_id(
            'cells.count_id',
            [
                'cast(cells.period_start as string)',
                'cells.geography_id',
                'cells.breakdown',
                'cells.category',
                'differences.sum_id',
                'differences.kind',
            ]
        ) }} as cell_id,
        case
            when differences.difference < 0 then 'overlap'
            when differences.kind = 'boards' then 'unallocated'
            when differences.kind = 'maps' then 'half_year'
            when differences.kind = 'parts' then 'unknown'
            else 'complement'
        end as quantity,
        cells.count_id,
        cells.period_start,
        cells.geography_id,
        cells.breakdown,
        cells.category,
        cast(abs(differences.difference) as bigint) as value
    from differences
    inner join cells on differences.whole_cell_id = cells.cell_id
    where differences.difference <> 0
)

select * from final
