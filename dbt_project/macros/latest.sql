{#
    Rows of an append-only raw table that no later delivery has replaced.

    A later delivery replaces an earlier one by key. The loader refuses a key that
    stands twice in one delivery, so the newest delivery settles it. Only keys that
    were delivered more than once are looked up: they are few, the rows are many.
#}
{% macro latest_rows(relation, key) -%}
select delivered.*
from {{ relation }} as delivered
left join (
    select
        {{ key | join(', ') }},
        max(delivery_sequence) as newest_sequence
    from {{ relation }}
    group by {{ key | join(', ') }}
    having count(*) > 1
) as redelivered
    on {% for column in key %}
        delivered.{{ column }} = redelivered.{{ column }}
        {%- if not loop.last %} and {% endif %}
    {%- endfor %}
where
    redelivered.newest_sequence is null
    or delivered.delivery_sequence = redelivered.newest_sequence
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
