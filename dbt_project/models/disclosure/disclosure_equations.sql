with

sums as (
    select * from {{ ref('int_count_sums') }}
),

remainders as (
    select * from {{ ref('int_count_remainders') }}
),

wholes as (
    select distinct
        sum_id,
        kind,
        whole_cell_id
    from sums
),

terms as (
    select
        sum_id,
        kind,
        whole_cell_id,
        whole_cell_id as cell_id,
        1 as coefficient
    from wholes
    union all
    select
        sum_id,
        kind,
        whole_cell_id,
        cell_id,
        -1 as coefficient
    from sums
    union all
    select
        sum_id,
        kind,
        whole_cell_id,
        cell_id,
        case quantity when 'overlap' then 1 else -1 end as coefficient
    from remainders
),

final as (
    select
        cell_id,
        coefficient,
        kind,
        sum_id as declared_in,
        sum_id || '|' || kind || '|' || whole_cell_id as equation_id
    from terms
)

select * from final
