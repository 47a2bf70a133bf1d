with

indicator_values as (
    select * from {{ ref('indicator_values') }}
    where
        period_grain = 'year'
        and municipality_id = '{{ var("municipality_id") }}'
),

counts_of_indicators as (
    select * from {{ ref('int_counts_of_indicators') }}
),

counts as (
    select * from {{ ref('counts') }}
),

united as (
    select * from {{ ref('int_indicators_united') }}
    where
        period_grain = 'year'
        and municipality_id = '{{ var("municipality_id") }}'
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

-- What is left of an amount for whoever gave the second most, who knows it and
-- their own: the less it is, the closer they come to the one who gave the most.
contributions as (
    select
        indicator_id,
        source_id,
        period_start,
        geography_id,
        breakdown,
        category,
        'numerator' as part,
        cast(numerator - largest - coalesce(second_largest, 0) as double)
        / largest as others_of_largest
    from united
    where largest > 0
),

final as (
    select
        parts.*,
        contributions.others_of_largest,
        counts_of_indicators.count_id,
        counts_of_indicators.is_amount,
        counts_of_indicators.cell_breakdown,
        counts_of_indicators.cell_category,
        counts.factor,
        counts.is_public as is_public_count,
        registers.register_name is null as is_of_others
    from parts
    inner join counts_of_indicators
        on
            parts.indicator_id = counts_of_indicators.indicator_id
            and parts.part = counts_of_indicators.part
            and parts.breakdown = counts_of_indicators.breakdown
            and parts.category = counts_of_indicators.category
    inner join counts on counts_of_indicators.count_id = counts.count_id
    left join registers on parts.source_id = registers.register_name
    left join contributions
        on
            parts.indicator_id = contributions.indicator_id
            and parts.source_id = contributions.source_id
            and parts.period_start = contributions.period_start
            and parts.geography_id = contributions.geography_id
            and parts.breakdown = contributions.breakdown
            and parts.category = contributions.category
            and parts.part = contributions.part
)

select * from final
