{# The contract's sex code as the category that a reader sees. #}
{% macro sex_category(column) -%}
    case {{ column }} when 'K' then 'kvinnor' when 'M' then 'man' end
{%- endmacro %}

{# The first of several codes parted by |. #}
{% macro first_code(column) -%}
    split_part({{ column }}, '|', 1)
{%- endmacro %}

{# Whether a code is among several parted by |; false where there is none. #}
{% macro has_code(column, code) -%}
    coalesce(('|' || {{ column }} || '|') like '%|{{ code }}|%', false)
{%- endmacro %}

{#
    The municipality that a place is or lies in, of its official code; null for
    the country and a county.
#}
{% macro municipality_of(geography_id) -%}
    case when length({{ geography_id }}) >= 4 then left({{ geography_id }}, 4) end
{%- endmacro %}

{# The age group of an age in whole years, as the registers' contracts name them. #}
{% macro age_band(column) -%}
    case
        when {{ column }} < 7 then '0-6'
        when {{ column }} < 13 then '7-12'
        when {{ column }} < 18 then '13-17'
        when {{ column }} < 25 then '18-24'
        when {{ column }} < 45 then '25-44'
        when {{ column }} < 65 then '45-64'
        else '65+'
    end
{%- endmacro %}

{#
    A code that belongs to the latest of several rows: the day and the code as one
    text, whose largest is the latest's. Codes that begin with a `|` each are taken
    back by `split_part`.
#}
{% macro dated_code(day, code) -%}
    cast({{ day }} as string) || {{ code }}
{%- endmacro %}

{# The group of an obstacle to self-support, as the contract groups its codes. #}
{% macro obstacle_group(column) -%}
    case
        when {{ column }} like 'arbetslos%' then 'arbetslos'
        when {{ column }} like 'sjuk%' then 'sjuk'
        when {{ column }} like 'arbetar%' then 'arbetar'
        when {{ column }} = 'alderspension' then 'pension'
        when {{ column }} = 'utan_forsorjningshinder' then 'inget'
        else {{ column }}
    end
{%- endmacro %}

{# The age group that a person is in all year: the oldest of those it has in it. #}
{% macro age_group_of_year(table, year) -%}
    max({{ table }}.age_group) over (
        partition by
            {{ table }}.municipality_id, {{ table }}.person_id, {{ year }}
    )
{%- endmacro %}
