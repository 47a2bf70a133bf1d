with

united as (
    select * from {{ ref('int_indicators_united') }}
    where municipality_id = '{{ var("municipality_id") }}'
),

indicator_counts as (
    select * from {{ ref('indicator_counts') }}
),

rows_of_indicators as (
    select distinct
        indicator_id,
        breakdown,
        category
    from united
),

counted as (
    select
        rows_of_indicators.*,
        indicator_counts.part,
        indicator_counts.count_id,
        indicator_counts.is_amount,
        indicator_counts.sex,
        indicator_counts.age_group,
        indicator_counts.drops
    from rows_of_indicators
    inner join indicator_counts
        on
            rows_of_indicators.indicator_id = indicator_counts.indicator_id
            and (
                indicator_counts.rows_of = 'all'
                or (indicator_counts.rows_of = 'whole')
                = (rows_of_indicators.breakdown = 'total')
            )
),

-- What is the same for all that is counted tells nothing apart.
apart as (
    select
        *,
        case
            when drops is null or breakdown = 'total' then breakdown
            when breakdown = drops then 'total'
            else split_part(breakdown, '*', 2)
        end as own_breakdown,
        case
            when drops is null or breakdown = 'total' then category
            when breakdown = drops then 'total'
            else split_part(category, '*', 2)
        end as own_category
    from counted
),

final as (
    select
        indicator_id,
        part,
        breakdown,
        category,
        count_id,
        is_amount,
        case
            when age_group is not null and own_breakdown = 'total'
                then 'age_group'
            when age_group is not null then own_breakdown || '*age_group'
            when sex is null then own_breakdown
            when own_breakdown = 'total' then 'sex'
            when own_breakdown = 'age_group' then 'sex*age_group'
            else own_breakdown || '*sex'
        end as cell_breakdown,
        case
            when age_group is not null and own_breakdown = 'total'
                then age_group
            when age_group is not null then own_category || '*' || age_group
            when sex is null then own_category
            when own_breakdown = 'total' then sex
            when own_breakdown = 'age_group' then sex || '*' || own_category
            else own_category || '*' || sex
        end as cell_category
    from apart
)

select * from final
