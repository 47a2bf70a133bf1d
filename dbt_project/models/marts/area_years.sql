with

catalogue as (
    select * from {{ ref('indicator_catalogue') }}
),

indicator_values as (
    select * from {{ ref('indicator_values') }}
),

final as (
    select distinct
        indicator_values.geography_id,
        catalogue.area,
        cast(
            extract(year from indicator_values.period_start) as integer
        ) as report_year
    from indicator_values
    inner join catalogue
        on indicator_values.indicator_id = catalogue.indicator_id
    where
        indicator_values.period_grain = 'year'
        and indicator_values.value is not null
)

select * from final
