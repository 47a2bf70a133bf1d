with

indicator_values as (
    select * from {{ ref('indicator_values') }}
    where
        period_grain = 'year'
        and municipality_id = '{{ var("municipality_id") }}'
),

indicator_counts as (
    select * from {{ ref('indicator_counts') }}
),

counts as (
    select * from {{ ref('counts') }}
),

registers as (
    select distinct register_name from {{ ref('int_register_years') }}
),

parts as (
    {% for part in ['numerator', 'denominator'] %}
        select
            indicator_id,
            source_id,
            period_start,
            geography_id,
            breakdown,
            category,
            {{ part }} as amount,
            '{{ part }}' as part
        from indicator_values
        where {{ part }} is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted as (
    select
        parts.*,
        indicator_counts.count_id,
        indicator_counts.sex,
        indicator_counts.drops,
        indicator_counts.is_amount,
        counts.factor,
        counts.is_public as is_public_count,
        registers.register_name is null as is_of_others
    from parts
    inner join indicator_counts
        on
            parts.indicator_id = indicator_counts.indicator_id
            and parts.part = indicator_counts.part
            and (
                indicator_counts.rows_of = 'all'
                or (indicator_counts.rows_of = 'whole')
                = (parts.breakdown = 'total')
            )
    inner join counts on indicator_counts.count_id = counts.count_id
    left join registers on parts.source_id = registers.register_name
),

-- What is the same for all that is counted tells nothing apart.
apart as (
    select
        *,
        case
            when drops is null then breakdown
            when breakdown = drops then 'total'
            else split_part(breakdown, '*', 2)
        end as own_breakdown,
        case
            when drops is null then category
            when breakdown = drops then 'total'
            else split_part(category, '*', 2)
        end as own_category
    from counted
),

final as (
    select
        *,
        case
            when sex is null then own_breakdown
            when own_breakdown = 'total' then 'sex'
            when own_breakdown = 'age_group' then 'sex*age_group'
            else own_breakdown || '*sex'
        end as cell_breakdown,
        case
            when sex is null then own_category
            when own_breakdown = 'total' then sex
            when own_breakdown = 'age_group' then sex || '*' || own_category
            else own_category || '*' || sex
        end as cell_category
    from apart
)

select * from final
