{#
    A publisher's observations as every staging model of one shows them: the
    same columns, whoever publishes.
#}
{% macro published_observations(relation) -%}
with

source as (
    select * from {{ relation }}
),

renamed as (
    select
        delivery_id,
        delivery_sequence,
        dataset_id,
        series,
        region as region_label,
        period,
        dimensions,
        status,
        {{ publisher_period_grain('period') }} as period_grain,
        value,
        {{ publisher_period_start('period') }} as period_start
    from source
)

select * from renamed
{%- endmacro %}


{#
    First day of a publisher's period: a year, or a year and a month with any one
    sign between them. What is neither (a half-year) has none.
#}
{% macro publisher_period_start(period) -%}
case length({{ period }})
    when 4 then make_date(cast({{ period }} as integer), 1, 1)
    when 7 then make_date(
        cast(left({{ period }}, 4) as integer),
        cast(right({{ period }}, 2) as integer),
        1
    )
end
{%- endmacro %}


{% macro publisher_period_grain(period) -%}
case length({{ period }})
    when 4 then 'year'
    when 7 then 'month'
    else 'other'
end
{%- endmacro %}
