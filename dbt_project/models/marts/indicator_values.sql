with

catalogue as (
    select * from {{ ref('indicators') }}
),

units as (
    select * from {{ ref('units') }}
),

united as (
    select * from {{ ref('int_indicators_united') }}
),

counts_of_indicators as (
    select * from {{ ref('int_counts_of_indicators') }}
    where part = 'numerator'
),

valued as (
    select
        united.*,
        catalogue.measure,
        units.rate_base,
        case
            when united.published_value is not null
                then united.published_value
            when catalogue.measure in ('count', 'amount')
                then united.numerator
            when catalogue.measure = 'rate'
                then
                    cast(units.rate_base * united.numerator as double)
                    / united.denominator
            else cast(united.numerator as double) / united.denominator
        end as value
    from united
    inner join catalogue on united.indicator_id = catalogue.indicator_id
    left join units on catalogue.unit = units.unit
),

bounded as (
    select
        *,
        {{ confidence_limit('lower') }} as ci_lower,
        {{ confidence_limit('upper') }} as ci_upper,
        status = 'broken_series' and value is null as is_empty_remainder
    from valued
),

named as (
    select
        bounded.*,
        case
            when
                bounded.is_from_register
                and bounded.period_grain = 'year'
                and bounded.numerator is not null
                then {{ cell_id(
                    'counts_of_indicators.count_id',
                    [
                        'cast(bounded.period_start as string)',
                        'bounded.geography_id',
                        'counts_of_indicators.cell_breakdown',
                        'counts_of_indicators.cell_category',
                        "'count'",
                    ]
                ) }}
        end as cell_id
    from bounded
    left join counts_of_indicators
        on
            bounded.indicator_id = counts_of_indicators.indicator_id
            and bounded.breakdown = counts_of_indicators.breakdown
            and bounded.category = counts_of_indicators.category
),

final as (
    select
        municipality_id,
        indicator_id,
        period_start,
        period_grain,
        geography_id,
        breakdown,
        category,
        numerator,
        denominator,
        value,
        standard_deviation,
        observations,
        ci_lower,
        ci_upper,
        status,
        source_id,
        cell_id
    from named
    where
        not is_empty_remainder
        -- Of a home's municipalities, the registers of the reported one.
        and (
            not is_from_register
            or municipality_id = '{{ var("municipality_id") }}'
        )
)

select * from final
