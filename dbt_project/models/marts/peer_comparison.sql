{%- set comparison = [
    'indicator_id',
    'period_grain',
    'period_start',
    'measure',
] -%}

with

catalogue as (
    select * from {{ ref('indicators') }}
),

united as (
    select * from {{ ref('int_indicators_united') }}
),

indicator_values as (
    select * from {{ ref('indicator_values') }}
),

municipality_groups as (
    select
        *,
        row_number() over (
            partition by municipality_id
            order by year_to desc nulls last
        ) = 1 as is_latest
    from {{ ref('municipality_groups') }}
    where group_type = 'skr'
),

published as (
    select distinct
        indicator_id,
        source_id
    from united
    where not is_from_register
),

figures as (
    select
        indicator_values.indicator_id,
        indicator_values.period_grain,
        indicator_values.period_start,
        indicator_values.geography_id,
        indicator_values.value,
        extract(year from indicator_values.period_start) as year_number,
        extract(month from indicator_values.period_start) as month_number
    from indicator_values
    inner join published
        on
            indicator_values.indicator_id = published.indicator_id
            and indicator_values.source_id = published.source_id
    where
        indicator_values.breakdown = 'total'
        and indicator_values.value is not null
),

own_group as (
    select *
    from municipality_groups
    where
        is_latest
        and municipality_id = '{{ var("municipality_id") }}'
),

peers as (
    select municipality_groups.municipality_id as geography_id
    from municipality_groups
    inner join own_group
        on municipality_groups.group_code = own_group.group_code
    where
        municipality_groups.is_latest
        and municipality_groups.municipality_id <> own_group.municipality_id
),

group_sizes as (
    select count(*) as peers from peers
),

own as (
    select * from figures
    where geography_id = '{{ var("municipality_id") }}'
),

-- A month is held against the same month of the year before, or where that is
-- not known against the first of its own year; a year against the year before.
bases as (
    select
        later.indicator_id,
        later.period_grain,
        later.period_start,
        coalesce(
            max(
                case
                    when
                        earlier.year_number = later.year_number - 1
                        and earlier.month_number = later.month_number
                        then earlier.period_start
                end
            ),
            min(
                case
                    when
                        later.period_grain = 'month'
                        and earlier.year_number = later.year_number
                        then earlier.period_start
                end
            )
        ) as base_start
    from own as later
    inner join own as earlier
        on
            later.indicator_id = earlier.indicator_id
            and later.period_grain = earlier.period_grain
            and later.period_start > earlier.period_start
    where earlier.value <> 0
    group by
        later.indicator_id,
        later.period_grain,
        later.period_start
),

-- Levels are held against each other only where the size of the municipality is
-- no part of them.
comparisons as (
    select
        own.indicator_id,
        own.period_grain,
        own.period_start,
        'level' as measure,
        cast(null as date) as base_start
    from own
    inner join catalogue on own.indicator_id = catalogue.indicator_id
    where
        catalogue.measure in ('rate', 'proportion', 'mean')
        or catalogue.unit like '% per %'
    union all
    select
        indicator_id,
        period_grain,
        period_start,
        'change' as measure,
        base_start
    from bases
    where base_start is not null
),

compared as (
    select
        {{ columns_of('comparisons', comparison) }},
        comparisons.base_start,
        later.geography_id,
        case comparisons.measure
            when 'level' then later.value
            else {{ reproducible(
                'cast(later.value as double) / base.value - 1'
            ) }}
        end as value
    from comparisons
    inner join figures as later
        on
            comparisons.indicator_id = later.indicator_id
            and comparisons.period_grain = later.period_grain
            and comparisons.period_start = later.period_start
    left join figures as base
        on
            comparisons.indicator_id = base.indicator_id
            and comparisons.period_grain = base.period_grain
            and comparisons.base_start = base.period_start
            and later.geography_id = base.geography_id
            and base.value <> 0
),

ranked as (
    select
        {{ columns_of('compared', comparison) }},
        compared.value,
        row_number() over (
            partition by {{ columns_of('compared', comparison) }}
            order by
                compared.value nulls last,
                compared.geography_id nulls last
        ) as place,
        count(*) over (
            partition by {{ columns_of('compared', comparison) }}
        ) as peers_with_value
    from compared
    inner join peers on compared.geography_id = peers.geography_id
    where compared.value is not null
),

middle as (
    select
        *,
        case
            when 2 * place between peers_with_value and peers_with_value + 2
                then value
        end as middle_value
    from ranked
),

-- The middle one, or halfway between the two in the middle.
of_peers as (
    select
        {{ comparison | join(', ') }},
        max(peers_with_value) as peers_with_value,
        min(value) as lowest,
        {{ reproducible('avg(cast(middle_value as double))') }} as median,
        max(value) as highest
    from middle
    group by {{ comparison | join(', ') }}
),

final as (
    select
        own_group.municipality_id,
        {{ columns_of('mine', comparison) }},
        mine.base_start,
        mine.value,
        of_peers.lowest,
        of_peers.median,
        of_peers.highest,
        country.value as country_value,
        own_group.group_code,
        own_group.group_name,
        own_group.year_from as group_since,
        own_group.synthetic as group_is_made_up,
        cast(coalesce(of_peers.peers_with_value, 0) as int) as peers_with_value,
        cast(group_sizes.peers as int) as peers
    from compared as mine
    inner join own_group on mine.geography_id = own_group.municipality_id
    cross join group_sizes
    left join of_peers
        on {{ equal_on('mine', 'of_peers', comparison) }}
    left join compared as country
        on
            {{ equal_on('mine', 'country', comparison) }}
            and country.geography_id = 'SE'
    where mine.value is not null
)

select * from final
