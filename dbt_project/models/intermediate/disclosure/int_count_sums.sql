with

cells as (
    select * from {{ ref('int_count_cells') }}
),

sums as (
    select * from {{ ref('count_sums') }}
),

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
    where municipality_id = '{{ var("municipality_id") }}'
),

todays_boards as (
    select distinct geography_id
    from crosswalk
    where
        counts_to = make_date(9999, 12, 31)
        and geography_id <> municipality_id
),

-- What each board is a part of: one that exists, of the municipality; a former
-- one, of what it is today.
containing as (
    select
        'boards' as kind,
        geography_id,
        '{{ var("municipality_id") }}' as whole_geography_id
    from todays_boards
    union all
    select distinct
        'maps' as kind,
        former.geography_id,
        today.geography_id as whole_geography_id
    from crosswalk as former
    inner join crosswalk as today
        on former.board_name = today.board_name
    inner join todays_boards on today.geography_id = todays_boards.geography_id
    where former.counts_to < make_date(9999, 12, 31)
),

-- A cross is a part of each of the two that it crosses.
memberships as (
    select
        *,
        breakdown as dimension,
        'total' as whole_breakdown,
        'total' as whole_category
    from cells
    where
        breakdown <> 'total'
        and breakdown not like '%*%'
    union all
    {% for own, other in [(1, 2), (2, 1)] %}
        select
            *,
            split_part(breakdown, '*', {{ own }}) as dimension,
            split_part(breakdown, '*', {{ other }}) as whole_breakdown,
            split_part(category, '*', {{ other }}) as whole_category
        from cells
        where breakdown like '%*%'
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

by_dimension as (
    select
        sums.sum_id,
        'parts' as kind,
        sums.can_overlap,
        sums.parts_by,
        sums.count_id as whole_count_id,
        memberships.period_start,
        memberships.geography_id as whole_geography_id,
        memberships.whole_breakdown,
        memberships.whole_category,
        memberships.cell_id,
        memberships.value
    from memberships
    inner join sums
        on
            memberships.count_id = sums.count_id
            and sums.kind = 'dimension'
            and memberships.dimension = sums.parts_by
),

by_board as (
    select
        sums.sum_id,
        containing.kind,
        sums.can_overlap,
        sums.parts_by,
        sums.count_id as whole_count_id,
        cells.period_start,
        containing.whole_geography_id,
        cells.breakdown as whole_breakdown,
        cells.category as whole_category,
        cells.cell_id,
        cells.value
    from cells
    inner join containing on cells.geography_id = containing.geography_id
    inner join sums
        on
            cells.count_id = sums.count_id
            and sums.kind = 'boards'
),

by_count as (
    select
        sums.sum_id,
        'counts' as kind,
        sums.can_overlap,
        sums.parts_by,
        sums.count_id as whole_count_id,
        cells.period_start,
        cells.geography_id as whole_geography_id,
        cells.breakdown as whole_breakdown,
        cells.category as whole_category,
        cells.cell_id,
        cells.value
    from cells
    inner join sums
        on
            sums.kind = 'counts'
            and cells.count_id = sums.parts_by
),

parts as (
    select * from by_dimension
    union all
    select * from by_board
    union all
    select * from by_count
),

final as (
    select
        parts.sum_id,
        parts.kind,
        parts.can_overlap,
        parts.parts_by,
        wholes.cell_id as whole_cell_id,
        wholes.value as whole_value,
        parts.cell_id,
        parts.value
    from parts
    inner join cells as wholes
        on
            parts.whole_count_id = wholes.count_id
            and parts.period_start = wholes.period_start
            and parts.whole_geography_id = wholes.geography_id
            and parts.whole_breakdown = wholes.breakdown
            and parts.whole_category = wholes.category
)

select * from final
