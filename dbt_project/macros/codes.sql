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
