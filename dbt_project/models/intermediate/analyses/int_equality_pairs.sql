{%- set sums = [
    'events', 'base', 'events_squared', 'product', 'base_squared'
] -%}
{%- set of_group = [
    'municipality_id',
    'indicator_id',
    'period_start',
    'geography_id',
    'comparison',
    'breakdown',
    'stratum',
] -%}
{%- set of_member = of_group
    + ['area', 'kind', 'is_city', 'subgroup'] + sums -%}

with

levels as (
    select * from {{ ref('int_equality_levels') }}
    where
        breakdown not like 'sex*%'
        and category not like '%0-17' and category not like '%18-20'
),

-- What each row is a part of: a target group has its own women and men.
parted as (
    select
        *,
        case
            when right(breakdown, 3) = 'sex' then 'sex'
            when breakdown like '%age_group' then 'age'
            else 'category'
        end as comparison,
        case
            when breakdown like 'target_group*%'
                then split_part(category, '*', 1)
            else 'alla'
        end as stratum,
        case
            when breakdown like 'target_group*%'
                then split_part(category, '*', 2)
            else category
        end as subgroup
    from levels
    where breakdown <> 'total'
),

-- A board among those of today; a target group where there is no whole.
boards as (
    select
        municipality_id,
        indicator_id,
        area,
        kind,
        period_start,
        municipality_id as geography_id,
        is_city,
        breakdown,
        'board' as comparison,
        case when breakdown = 'total' then 'alla' else category end as stratum,
        geography_id as subgroup,
        {{ sums | join(',\n        ') }}
    from levels
    where not is_city and breakdown in ('total', 'target_group')
),

members as (
    select
        {{ of_member | join(',\n        ') }}
    from parted
    -- Households of a kind are counted among the households of that kind.
    where comparison <> 'category' or kind in ('share', 'mean')
    union all
    select
        {{ of_member | join(',\n        ') }}
    from boards
),

-- Each against all the others of its kind together.
final as (
    select
        municipality_id,
        indicator_id,
        area,
        kind,
        period_start,
        geography_id,
        not is_city and comparison <> 'board' as is_of_board,
        comparison,
        breakdown,
        stratum,
        subgroup,
        {{ own_and_others(sums, of_group, 'subgroup') }}
    from members
)

select * from final
-- Women stand against men once.
where subgroup <> 'man'
