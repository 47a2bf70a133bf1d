with

cells as (
    select * from {{ ref('int_count_cells') }}
),

remainders as (
    select * from {{ ref('int_count_remainders') }}
),

counts as (
    select * from {{ ref('counts') }}
),

count_bases as (
    select * from {{ ref('count_bases') }}
),

todays_boards as (
    select distinct geography_id
    from {{ ref('int_geography_crosswalk') }}
    where counts_to = make_date(9999, 12, 31)
),

united as (
    select
        cell_id,
        count_id,
        period_start,
        geography_id,
        breakdown,
        category,
        value,
        is_shown,
        is_public,
        others_of_largest,
        'count' as quantity,
        'count' as slot
    from cells
    union all
    select
        cell_id,
        count_id,
        period_start,
        geography_id,
        breakdown,
        category,
        value,
        false as is_shown,
        false as is_public,
        cast(null as double) as others_of_largest,
        quantity,
        slot
    from remainders
),

-- Whom a cell is of, where that is another count than its own.
persons as (
    select
        united.cell_id,
        min(bases.value) as persons
    from united
    inner join count_bases on united.count_id = count_bases.count_id
    inner join united as bases
        on
            count_bases.base_count_id = bases.count_id
            and united.slot = bases.slot
            and united.period_start = bases.period_start
            and united.geography_id = bases.geography_id
            and united.breakdown = bases.breakdown
            and united.category = bases.category
    group by united.cell_id
),

final as (
    select
        united.cell_id,
        united.count_id,
        counts.area,
        united.quantity,
        united.period_start,
        united.geography_id,
        united.breakdown,
        united.category,
        united.value,
        united.is_shown,
        united.is_public,
        united.others_of_largest,
        -- Two children of seven adults are two persons.
        least(coalesce(persons.persons, united.value), united.value)
            as persons,
        todays_boards.geography_id is not null as is_todays_map,
        counts.factor = 1 as is_count
    from united
    inner join counts on united.count_id = counts.count_id
    left join todays_boards on united.geography_id = todays_boards.geography_id
    left join persons on united.cell_id = persons.cell_id
)

select * from final
