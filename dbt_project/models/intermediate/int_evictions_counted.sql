with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

evictions as (
    select
        *,
        {{ year_start('eviction_date') }} as period_start
    from {{ ref('stg_register__avhysningar_barn') }}
    where is_executed
),

counted as (
    select
        evictions.municipality_id,
        evictions.period_start,
        crosswalk.geography_id,
        'total' as breakdown,
        'total' as category,
        sum(evictions.children) as children
    from evictions
    inner join crosswalk
        on
            evictions.municipality_id = crosswalk.municipality_id
            and evictions.board_name = crosswalk.board_name
            and evictions.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        evictions.municipality_id,
        evictions.period_start,
        crosswalk.geography_id
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'evicted_children', 'numerator': 'children'},
    ]) }}
)

select * from final
