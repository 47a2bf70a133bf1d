with

catalogue as (
    select * from {{ ref('indicators') }}
),

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

boards as (
    select * from {{ ref('stg_municipality__boards') }}
),

years as (
    select * from {{ ref('int_register_years') }}
),

constants as (
    select * from {{ ref('constants') }}
),

notes as (
    select * from {{ ref('stg_register__indicator_notes') }}
    where not is_counted
),

statistics as (
    select * from {{ ref('int_statistics_counted') }}
),

counted as (
    {% for area in [
        'assistance',
        'assistance_households',
        'child_cases',
        'child_open_care',
        'child_placements',
        'debt_counselling',
        'evictions',
        'family_law',
        'homelessness',
        'housing_support',
        'lss',
        'population',
        'socioeconomics',
        'substance_use',
        'violence',
        'without_assessment',
    ] %}
        select * from {{ ref('int_' ~ area ~ '_counted') }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- What the files cannot count has no value, and no zero either.
registered as (
    select
        catalogue.indicator_id,
        catalogue.source_id,
        -- No kronor are nothing; a median of nobody is no value.
        (
            catalogue.measure = 'count'
            or (
                catalogue.measure = 'amount'
                and catalogue.unit <> 'dagar'
            )
        )
        and catalogue.source_id not in (
            'befolkning_stadsdel', 'hushall_stadsdel', 'socioekonomi_stadsdel'
        ) as is_zero_when_absent,
        -- Who is new cannot be told without a year before.
        catalogue.indicator_id = 'assistance_new_households' as looks_back
    from catalogue
    left join notes on catalogue.indicator_id = notes.indicator_id
    where notes.indicator_id is null
),

-- Events before the first delivered year are a remainder, not a year.
measured as (
    select
        counted.*,
        registered.source_id,
        registered.is_zero_when_absent,
        registered.looks_back
    from counted
    inner join registered on counted.indicator_id = registered.indicator_id
    inner join years
        on
            counted.municipality_id = years.municipality_id
            and registered.source_id = years.register_name
            and counted.period_start = years.period_start
),

-- A register that has been delivered without a row has its totals all the same.
series as (
    select
        municipality_id,
        indicator_id,
        source_id,
        looks_back,
        breakdown,
        category
    from measured
    where is_zero_when_absent
    union distinct
    select
        years.municipality_id,
        registered.indicator_id,
        registered.source_id,
        registered.looks_back,
        'total' as breakdown,
        'total' as category
    from registered
    inner join years on registered.source_id = years.register_name
    where registered.is_zero_when_absent
),

counted_years as (
    select distinct
        municipality_id,
        indicator_id,
        period_start
    from measured
    where looks_back
),

places as (
    select distinct
        municipality_id,
        geography_id,
        counts_from,
        counts_to
    from crosswalk
),

-- A board where nothing happened in a delivered year has a zero, not a gap.
zeros as (
    select
        series.municipality_id,
        series.indicator_id,
        years.period_start,
        places.geography_id,
        series.breakdown,
        series.category,
        cast(0 as double) as numerator,
        cast(null as double) as denominator,
        cast(null as double) as standard_deviation,
        cast(null as bigint) as observations,
        cast(null as double) as largest,
        cast(null as double) as second_largest,
        series.source_id
    from series
    inner join years
        on
            series.municipality_id = years.municipality_id
            and series.source_id = years.register_name
    inner join places
        on
            series.municipality_id = places.municipality_id
            and years.period_start >= places.counts_from
            and years.period_end <= places.counts_to
    left join measured
        on
            series.municipality_id = measured.municipality_id
            and series.indicator_id = measured.indicator_id
            and series.breakdown = measured.breakdown
            and series.category = measured.category
            and years.period_start = measured.period_start
            and places.geography_id = measured.geography_id
    left join counted_years
        on
            series.municipality_id = counted_years.municipality_id
            and series.indicator_id = counted_years.indicator_id
            and years.period_start = counted_years.period_start
    where
        measured.indicator_id is null
        and (
            not series.looks_back
            or counted_years.indicator_id is not null
        )
),

register_values as (
    select
        municipality_id,
        indicator_id,
        period_start,
        geography_id,
        breakdown,
        category,
        numerator,
        denominator,
        standard_deviation,
        observations,
        largest,
        second_largest,
        source_id
    from measured
    union all
    select * from zeros
),

register_statuses as (
    select
        register_values.*,
        case
            when boards.valid_to < years.period_end then 'broken_series'
            when
                register_values.denominator is null
                and catalogue.measure in ('rate', 'proportion', 'mean')
                then 'missing'
            when not years.is_complete then 'preliminary'
            else 'observed'
        end as status
    from register_values
    inner join catalogue
        on register_values.indicator_id = catalogue.indicator_id
    inner join years
        on
            register_values.municipality_id = years.municipality_id
            and register_values.source_id = years.register_name
            and register_values.period_start = years.period_start
    left join boards
        on
            register_values.municipality_id = boards.municipality_id
            and register_values.geography_id = boards.geography_id
),

final as (
    select
        municipality_id,
        indicator_id,
        period_start,
        'year' as period_grain,
        geography_id,
        breakdown,
        category,
        numerator,
        denominator,
        cast(null as double) as published_value,
        standard_deviation,
        observations,
        largest,
        second_largest,
        status,
        source_id,
        true as is_from_register
    from register_statuses
    union all
    select
        {{ municipality_of('statistics.geography_id') }} as municipality_id,
        statistics.indicator_id,
        statistics.period_start,
        statistics.period_grain,
        statistics.geography_id,
        statistics.breakdown,
        statistics.category,
        case
            when catalogue.measure in ('count', 'amount')
                then statistics.value
        end as numerator,
        cast(null as double) as denominator,
        statistics.value as published_value,
        cast(null as double) as standard_deviation,
        cast(null as bigint) as observations,
        cast(null as double) as largest,
        cast(null as double) as second_largest,
        statistics.status,
        statistics.dataset_id as source_id,
        false as is_from_register
    from statistics
    inner join catalogue on statistics.indicator_id = catalogue.indicator_id
    union all
    select
        {{ municipality_of('constants.geography_id') }} as municipality_id,
        constants.constant_id as indicator_id,
        make_date(constants.year, 1, 1) as period_start,
        'year' as period_grain,
        constants.geography_id,
        'total' as breakdown,
        'total' as category,
        constants.value as numerator,
        cast(null as double) as denominator,
        constants.value as published_value,
        cast(null as double) as standard_deviation,
        cast(null as bigint) as observations,
        cast(null as double) as largest,
        cast(null as double) as second_largest,
        'observed' as status,
        catalogue.source_id,
        false as is_from_register
    from constants
    inner join catalogue on constants.constant_id = catalogue.indicator_id
)

select * from final
