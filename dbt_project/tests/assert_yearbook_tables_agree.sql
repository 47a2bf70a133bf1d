-- Where two tables of the yearbook give one figure twice, an indicator takes
-- one of them. It is a choice only if they differ, and then one to be made.
{{ config(severity='warn') }}

with

observations as (
    select * from {{ ref('stg_stockholm__observations') }}
    -- Figures that only the table tells apart.
    where dimensions not like '%, %'
)

select
    series,
    region_label,
    period,
    min(value) as lowest,
    max(value) as highest
from observations
group by
    series,
    region_label,
    period
having min(value) <> max(value)
