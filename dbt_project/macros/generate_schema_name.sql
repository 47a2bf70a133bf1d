{#
    A model lands in exactly the schema its folder names. dbt's own rule would
    prefix it with the target's schema, and the marts' names are a contract.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
