with

cells as (
    select
        *,
        geography_id = '{{ var("municipality_id") }}' as is_of_all
    from {{ ref('int_count_cells') }}
),

sums as (
    select * from {{ ref('int_count_sums') }}
),

remainders as (
    select * from {{ ref('int_count_remainders') }}
),

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
    where municipality_id = '{{ var("municipality_id") }}'
),

-- A board lies in the municipality, and a former one in what it is today.
lying_in as (
    select distinct
        geography_id,
        geography_id as whole_geography_id
    from cells
    union distinct
    select distinct
        geography_id,
        '{{ var("municipality_id") }}' as whole_geography_id
    from cells
    union distinct
    select distinct
        former.geography_id,
        today.geography_id as whole_geography_id
    from crosswalk as former
    inner join crosswalk as today
        on former.board_name = today.board_name
    where
        former.counts_to < make_date(9999, 12, 31)
        and today.counts_to = make_date(9999, 12, 31)
        and today.geography_id <> '{{ var("municipality_id") }}'
),

divided as (
    select
        sum_id,
        kind,
        whole_cell_id,
        min(parts_by) as parts_by
    from sums
    group by
        sum_id,
        kind,
        whole_cell_id
),

-- Which wholes have parts where there is anybody in them: a share has no row
-- where it is of nobody.
divisible as (
    select distinct
        divided.sum_id,
        divided.kind,
        divided.parts_by,
        cells.count_id,
        cells.period_start,
        cells.breakdown,
        cells.is_of_all
    from divided
    inner join cells on divided.whole_cell_id = cells.cell_id
),

-- A whole that has no part where others have is what it has beside them.
undivided as (
    select
        cells.cell_id,
        cells.count_id,
        cells.period_start,
        cells.geography_id,
        cells.breakdown,
        cells.category,
        concat_ws(' ', divisible.kind, divisible.parts_by) as slot
    from cells
    inner join divisible
        on
            cells.count_id = divisible.count_id
            and cells.period_start = divisible.period_start
            and cells.breakdown = divisible.breakdown
            and cells.is_of_all = divisible.is_of_all
    left join divided
        on
            divisible.sum_id = divided.sum_id
            and divisible.kind = divided.kind
            and cells.cell_id = divided.whole_cell_id
    where
        cells.value = 1
        and divided.whole_cell_id is null
),

beside as (
    select
        cell_id,
        count_id,
        period_start,
        geography_id,
        breakdown,
        category,
        slot,
        quantity = 'overlap' as is_overlap
    from remainders
    where value = 1
    union all
    select
        cell_id,
        count_id,
        period_start,
        geography_id,
        breakdown,
        category,
        slot,
        false as is_overlap
    from undivided
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
    from beside as wholes
    inner join containing on wholes.count_id = containing.count_id
    inner join beside as parts
        on
            containing.part_id = parts.count_id
            and wholes.slot = parts.slot
            and wholes.is_overlap = parts.is_overlap
            and wholes.period_start = parts.period_start
            and wholes.cell_id <> parts.cell_id
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
    inner join lying_in
        on
            wholes.geography_id = lying_in.whole_geography_id
            and parts.geography_id = lying_in.geography_id
)

select * from final
