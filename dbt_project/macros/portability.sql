{#
    What engines write differently. DuckDB is the default; Spark runs the same
    models for the whole country.
#}

{#
    What a session is told before a model is built in it. dbt-spark turns ANSI off
    when it connects, whatever the server says, and a text that is no number would
    then be an empty cell in silence.
#}
{% macro strict_session() -%}
    {{ adapter.dispatch('strict_session', 'avvik')() }}
{%- endmacro %}

{% macro default__strict_session() -%}{%- endmacro %}

{% macro spark__strict_session() -%}
    {# Sail has no such statement: tests/portability/strict_dbt.py does it there. #}
    {% if target.name != 'sail' %}set spark.sql.ansi.enabled = true{% endif %}
{%- endmacro %}

{#
    Rows of a seed, as dbt-spark puts them in a table, but for one thing: in a session
    it makes the text 'None' of an empty cell.
#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {% set types = model['config'].get('column_types', {}) %}
    {% set statements = [] %}
    {% for chunk in agate_table.rows | batch(get_batch_size()) %}
        {% set bindings = [] %}
        {% set sql %}
            insert into {{ this.render() }} values
            {% for row in chunk -%}
                ({%- for name in agate_table.column_names -%}
                    {%- set cell = row[loop.index0] -%}
                    {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
                    {%- if cell is not none %}{% do bindings.append(cell) %}{% endif -%}
                    cast({{ 'null' if cell is none else get_binding_char() }} as {{ type }})
                    {%- if not loop.last %}, {% endif -%}
                {%- endfor -%})
                {%- if not loop.last %},{% endif %}
            {% endfor %}
        {% endset %}
        {% do adapter.add_query(sql, bindings=bindings, abridge_sql_log=True) %}
        {% do statements.append(sql) %}
    {% endfor %}
    {{ return(statements[0]) }}
{% endmacro %}

{# Text of one key of a JSON object, null where the key is absent. #}
{% macro json_text(column, key) -%}
    {{ adapter.dispatch('json_text', 'avvik')(column, key) }}
{%- endmacro %}

{% macro default__json_text(column, key) -%}
    json_extract_string({{ column }}, '$."{{ key }}"')
{%- endmacro %}

{% macro spark__json_text(column, key) -%}
    get_json_object({{ column }}, '$[\'{{ key }}\']')
{%- endmacro %}

{# Names of the keys of a JSON object as one text, in the order they stand. #}
{% macro json_key_list(column) -%}
    {{ adapter.dispatch('json_key_list', 'avvik')(column) }}
{%- endmacro %}

{% macro default__json_key_list(column) -%}
    array_to_string(json_keys({{ column }}), ',')
{%- endmacro %}

{% macro spark__json_key_list(column) -%}
    array_join(json_object_keys({{ column }}), ',')
{%- endmacro %}

{# First day of the year that a date lies in, as a date. #}
{% macro year_start(date) -%}
    cast(date_trunc('year', {{ date }}) as date)
{%- endmacro %}

{# Last day of the year that begins on a date. #}
{% macro year_end(year_start) -%}
    make_date(cast(extract(year from {{ year_start }}) as integer), 12, 31)
{%- endmacro %}

{# Whole days from one date to another, negative where it comes before. #}
{% macro days_between(first, last) -%}
    {{ adapter.dispatch('days_between', 'avvik')(first, last) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    cast({{ last }} - {{ first }} as integer)
{%- endmacro %}

{% macro spark__days_between(first, last) -%}
    datediff({{ last }}, {{ first }})
{%- endmacro %}

{# The same day so many months later, or the last day of a month without it. #}
{% macro months_later(date, months) -%}
    {{ adapter.dispatch('months_later', 'avvik')(date, months) }}
{%- endmacro %}

{% macro default__months_later(date, months) -%}
    cast({{ date }} + interval {{ months }} month as date)
{%- endmacro %}

{% macro spark__months_later(date, months) -%}
    add_months({{ date }}, {{ months }})
{%- endmacro %}

{# First day of the month that a date lies in, as a date. #}
{% macro month_start(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}

{# Calendar months from one date's month to another's, negative where it comes before. #}
{% macro months_between(first, last) -%}
    cast(
        12 * (extract(year from {{ last }}) - extract(year from {{ first }}))
        + extract(month from {{ last }}) - extract(month from {{ first }})
        as integer
    )
{%- endmacro %}

{# First day of the quarter that a date lies in, as a date. #}
{% macro quarter_start(date) -%}
    cast(date_trunc('quarter', {{ date }}) as date)
{%- endmacro %}

{#
    A sum of floating-point numbers ends in other last digits when threads meet
    in another order. Rounded far below what any figure shows, two builds of the
    same data are the same to the last bit.
#}
{% macro reproducible(expression) -%}
    round({{ expression }}, 6)
{%- endmacro %}

{# SHA-256 of a text, as hexadecimal digits. #}
{% macro fingerprint(text) -%}
    {{ adapter.dispatch('fingerprint', 'avvik')(text) }}
{%- endmacro %}

{% macro default__fingerprint(text) -%}
    sha256({{ text }})
{%- endmacro %}

{% macro spark__fingerprint(text) -%}
    sha2({{ text }}, 256)
{%- endmacro %}
