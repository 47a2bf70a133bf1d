{# What one figure of public statistics is about: the key of a cell. #}
{% macro statistics_cell() -%}
{{ return([
    'indicator_id',
    'dataset_id',
    'geography_id',
    'period_grain',
    'breakdown',
    'category',
    'period_start',
]) }}
{%- endmacro %}


{#
    When two figures of one cell are two figures.

    Compared as numbers, never as text: "2239.0" is 2239. A sum of doubles differs
    in its last digits with the order of its terms, and that is no revision: two
    figures are the same when they differ by less than one part in 10 to the 12th.
    Of an amount of a hundred thousand million that is ten öre, and a sum of
    thousands of doubles errs by less.
#}
{% macro figures_differ(old, new) -%}
abs({{ old }} - {{ new }})
> 1e-12 * greatest(abs({{ old }}), abs({{ new }}))
{%- endmacro %}


{# Columns of one relation, by name, as a list. #}
{% macro columns_of(relation, columns) -%}
{% for column in columns %}
    {{ relation }}.{{ column }}
    {%- if not loop.last %},{% endif %}
{% endfor %}
{%- endmacro %}


{# Two relations agree on every one of some columns. #}
{% macro equal_on(left_relation, right_relation, columns) -%}
{% for column in columns %}
    {{ left_relation }}.{{ column }} = {{ right_relation }}.{{ column }}
    {%- if not loop.last %} and {% endif %}
{% endfor %}
{%- endmacro %}
