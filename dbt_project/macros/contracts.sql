{#
    A contract's constraints, counted: a row for each that is broken, and where.

    DuckDB refuses the row itself; Spark writes Parquet, which enforces nothing.
    The constraints are read from the contract, so none is written twice.
#}
{% test contract_holds(model) %}
{%- set rules = [] -%}
{%- if execute -%}
{%- for node in graph.nodes.values() if node.relation_name == model | string -%}
{%- for constraint in node.constraints -%}
{%- do rules.append((constraint, constraint.columns)) -%}
{%- endfor -%}
{%- for column in node.columns.values() -%}
{%- for constraint in column.constraints -%}
{%- do rules.append((constraint, [column.name])) -%}
{%- endfor -%}
{%- endfor -%}
{%- endfor -%}
{%- if not rules -%}
{{ exceptions.raise_compiler_error(model ~ ' has no constraint to hold') }}
{%- endif -%}
{%- endif -%}
{%- for constraint, columns in rules %}
{{ broken_rows(model, constraint, columns) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{% endtest %}


{# Rows that break one constraint; for a key, one a value that comes twice. #}
{% macro broken_rows(model, constraint, columns) -%}
{%- set rule = constraint.type ~ ' ' ~ columns | join(', ') -%}
{%- if constraint.type in ['primary_key', 'not_null'] -%}
select '{{ rule }}' as broken_rule
from {{ model }}
where {{ columns | join(' is null or ') }} is null
{%- endif %}
{%- if constraint.type == 'primary_key' %}
union all
{% endif %}
{%- if constraint.type in ['primary_key', 'unique'] -%}
select '{{ rule }}' as broken_rule
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{%- elif constraint.type == 'check' -%}
select '{{ rule }}' as broken_rule
from {{ model }}
where not ({{ constraint.expression }})
{%- elif constraint.type != 'not_null' -%}
{{ exceptions.raise_compiler_error('no test holds a ' ~ constraint.type) }}
{%- endif -%}
{%- endmacro %}
