-- A sum that is declared holds to the last unit, with what the whole has beside
-- its parts, and parts are more than their whole only where one may be in two.
{{ config(severity='warn') }}

with

equations as (
    select * from {{ ref('disclosure_equations') }}
),

cells as (
    select * from {{ ref('disclosure_cells') }}
),

remainders as (
    select * from {{ ref('int_count_remainders') }}
)

select
    equations.equation_id as what,
    'does not hold' as fault
from equations
inner join cells on equations.cell_id = cells.cell_id
group by equations.equation_id
having sum(equations.coefficient * cells.value) <> 0
union all
select
    sum_id || '|' || kind || '|' || whole_cell_id as what,
    'more parts than there is in the whole' as fault
from remainders
where
    quantity = 'overlap'
    and not can_overlap
