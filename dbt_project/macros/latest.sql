{#
    Rows of a raw table that no other delivery has replaced, by key.

    The latest year wins. Within a year, a year's file replaces what arrived
    before it; of the months that arrived after it the later month wins, and of
    one month the later delivery. So a correction replaces what it corrects, and
    a month that arrives late does not undo a newer month's state of the same key.

    The loader refuses a key that stands twice in one delivery, so one delivery
    settles it. Only keys that were delivered more than once are looked up: they
    are few, the rows are many. `orchestration/quality` judges the same rows.
#}
{% macro latest_rows(relation, key) -%}
{%- set columns = key | join(', ') -%}
select delivered.*
from {{ relation }} as delivered
left join (
    select
        {{ columns }},
        delivery_sequence as valid_sequence
    from (
        select
            {{ columns }},
            delivery_sequence,
            row_number() over (
                partition by {{ columns }}
                -- A month sorts after its year: '2024' < '2024-01'.
                order by delivery_period desc, delivery_sequence desc
            ) as place
        from (
            select
                {% for column in key %}versions.{{ column }},
                {% endfor -%}
                versions.delivery_period,
                versions.delivery_sequence,
                max(left(versions.delivery_period, 4)) over (
                    partition by {% for column in key %}versions.{{ column }}
                    {%- if not loop.last %}, {% endif %}{% endfor %}
                ) as latest_year,
                max(
                    case when length(versions.delivery_period) = 4 then versions.delivery_sequence end
                ) over (
                    partition by {% for column in key %}versions.{{ column }}, {% endfor -%}
                    left(versions.delivery_period, 4)
                ) as year_sequence
            from {{ relation }} as versions
            inner join (
                select {{ columns }}
                from {{ relation }}
                group by {{ columns }}
                having count(*) > 1
            ) as redelivered
                on {% for column in key %}
                    versions.{{ column }} = redelivered.{{ column }}
                    {%- if not loop.last %} and {% endif %}
                {%- endfor %}
        ) as dated
        where
            left(delivery_period, 4) = latest_year
            and (year_sequence is null or delivery_sequence >= year_sequence)
    ) as ordered
    where place = 1
) as settled
    on {% for column in key %}
        delivered.{{ column }} = settled.{{ column }}
        {%- if not loop.last %} and {% endif %}
    {%- endfor %}
where
    settled.valid_sequence is null
    or delivered.delivery_sequence = settled.valid_sequence
{%- endmacro %}
