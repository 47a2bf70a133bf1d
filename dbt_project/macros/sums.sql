{#
    Whether a mart's counts are those of the indicators, for every year and place.

    `indicators` gives the sum that each indicator is, and `among` the rows of the
    mart that together are the whole. A sum that differs is a row, and so is a
    place that only one of them has.
#}
{% test adds_up(model, indicators, among) %}
with

summed as (
    {%- for indicator, measure in indicators.items() %}
    select
        '{{ indicator }}' as indicator_id,
        {{ year_start('period_start') }} as period_start,
        geography_id,
        cast(sum({{ measure }}) as double) as total
    from {{ model }}
    where {{ among }}
    group by {{ year_start('period_start') }}, geography_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- A board where nothing happened has a zero as indicator, and no row as count.
published as (
    select
        indicator_id,
        period_start,
        geography_id,
        numerator
    from {{ ref('indicator_values') }}
    where
        indicator_id in (
            {%- for indicator in indicators %}
            '{{ indicator }}'{% if not loop.last %},{% endif %}
            {%- endfor %}
        )
        and breakdown = 'total'
        and period_grain = 'year'
)

select
    coalesce(summed.indicator_id, published.indicator_id) as indicator_id,
    coalesce(summed.period_start, published.period_start) as period_start,
    coalesce(summed.geography_id, published.geography_id) as geography_id,
    summed.total,
    published.numerator
from summed
full outer join published
    on
        summed.indicator_id = published.indicator_id
        and summed.period_start = published.period_start
        and summed.geography_id = published.geography_id
where
    published.indicator_id is null
    or coalesce(summed.total, 0) <> coalesce(published.numerator, 0)
{% endtest %}

{#
    The name of a cell: what it counts, and a short fingerprint of where and when
    and of whom. The same from one publication to the next.
#}
{% macro cell_id(count_id, columns) -%}
cast({{ count_id }} || '-' || left({{ fingerprint(
    "concat_ws('|', " ~ columns | join(', ') ~ ")"
) }}, 12) as string)
{%- endmacro %}
