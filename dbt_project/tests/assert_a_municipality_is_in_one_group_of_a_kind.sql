-- A municipality that is in two groups of a kind in the same year would be
-- counted in both, and twice for the country.
with

municipality_groups as (
    select * from {{ ref('municipality_groups') }}
)

select
    one.group_type,
    one.municipality_id
from municipality_groups as one
inner join municipality_groups as other
    on
        one.group_type = other.group_type
        and one.municipality_id = other.municipality_id
        and one.year_from <= other.year_to
        and one.year_to >= other.year_from
group by
    one.group_type,
    one.municipality_id,
    one.year_from,
    one.group_code
having count(*) > 1
union all
select
    group_type,
    municipality_id
from municipality_groups
where year_to < year_from
