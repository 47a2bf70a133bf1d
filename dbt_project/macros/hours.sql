{#
    Hours of a decision as hours a month: fifty-two weeks a year over twelve
    months.
#}
{% macro hours_a_month(column) -%}
    case hours_per
        when 'vecka' then cast({{ column }} * 52 as double) / 12
        else {{ column }}
    end
{%- endmacro %}
