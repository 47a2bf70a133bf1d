{#
    Names of what a row is broken down by, inside `group by grouping sets`.

    With columns target_group and sex: total/total, sex/kvinnor,
    target_group/socialpsykiatri, target_group*sex/socialpsykiatri*kvinnor.
#}
{% macro breakdown_name(columns) -%}
coalesce(
    nullif(
        concat_ws(
            '*'
            {%- for column in columns %},
            case when grouping({{ column }}) = 0 then '{{ column }}' end
            {%- endfor %}
        ),
        ''
    ),
    'total'
)
{%- endmacro %}

{% macro breakdown_category(columns) -%}
coalesce(
    nullif(
        concat_ws(
            '*'
            {%- for column in columns %},
            case when grouping({{ column }}) = 0 then {{ column }} end
            {%- endfor %}
        ),
        ''
    ),
    'total'
)
{%- endmacro %}


{#
    The whole of each key, and its parts by each dimension alone: what follows
    `group by`.
#}
{% macro whole_and_each(keys, dimensions) -%}
grouping sets (
    ({{ keys | join(', ') }})
    {%- for dimension in dimensions %},
    ({{ (keys + [dimension]) | join(', ') }})
    {%- endfor %}
)
{%- endmacro %}


{#
    Whether every dimension of a row has a value: who has no known sex or age is
    counted in the whole, and has no group of that kind to be shown under.
#}
{% macro has_named_group() -%}
(breakdown = 'total') = (category = 'total')
    and (breakdown like '%*%') = (category like '%*%')
{%- endmacro %}


{#
    One row per indicator out of a relation with one column per measure.

    Every model of counted indicators has this shape. A measure is a dictionary:
    `indicator`, `numerator`, and where they apply `denominator`,
    `standard_deviation`, `observations`, `largest` and `where`. What has no
    numerator, nothing to divide by, or no group that can be named, is no row.
    `largest` names what `two_largest` has made of an amount.
#}
{% macro measures_as_rows(relation, measures) -%}
{%- for measure in measures %}
select
    municipality_id,
    '{{ measure.indicator }}' as indicator_id,
    period_start,
    geography_id,
    breakdown,
    category,
    cast({{ measure.numerator }} as double) as numerator,
    cast({{ measure.denominator | default('null', true) }} as double)
        as denominator,
    cast({{ measure.standard_deviation | default('null', true) }} as double)
        as standard_deviation,
    cast({{ measure.observations | default('null', true) }} as bigint)
        as observations,
    {%- for place in ['largest', 'second_largest'] %}
    cast(
        {{ measure.largest ~ '_' ~ place if measure.largest else 'null' }} as double
    ) as {{ place }}{% if not loop.last %},{% endif %}
    {%- endfor %}
from {{ relation }}
where
    {{ measure.numerator }} is not null
    and {{ has_named_group() }}
    {%- if measure.denominator %}
    and coalesce({{ measure.denominator }}, 1) <> 0
    {%- endif %}
    {%- if measure.where %}
    and {{ measure.where }}
    {%- endif %}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro %}


{#
    The median of each key's whole and of each sex, as a CTE of the given name with
    `median_value`: the middle one, or halfway between the two in the middle. Not
    every engine has a median of its own. `relation` has the keys, `sex` and the
    value on each row.
#}
{% macro medians_with_sex(name, relation, value, keys) -%}
{%- set named = keys + ['breakdown', 'category'] -%}
each_of_{{ name }} as (
    {%- for breakdown, category in [('total', "'total'"), ('sex', 'sex')] %}
    select
        {{ keys | join(', ') }},
        '{{ breakdown }}' as breakdown,
        {{ category }} as category,
        {{ value }} as each_value
    from {{ relation }}
    where {{ value }} is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

ranked_{{ name }} as (
    select
        *,
        row_number() over (
            partition by {{ named | join(', ') }} order by each_value nulls last
        ) as place,
        count(*) over (partition by {{ named | join(', ') }}) as members
    from each_of_{{ name }}
),

{{ name }} as (
    select
        {{ named | join(', ') }},
        avg(cast(each_value as double)) as median_value
    from ranked_{{ name }}
    where 2 * place between members and members + 2
    group by {{ named | join(', ') }}
)
{%- endmacro %}


{#
    Sums of squares of what goes together, and rows of them by indicator. `measures`
    gives for each indicator its events, and what they are a share of or none where
    that is a known population.
#}
{% macro sums_of_squares(measures) -%}
{%- for indicator, (events, base) in measures.items() %}
sum({{ events }} * {{ events }}) as {{ indicator }}_events
{%- if base %},
sum({{ events }} * {{ base }}) as {{ indicator }}_product,
sum({{ base }} * {{ base }}) as {{ indicator }}_base
{%- endif %}
{%- if not loop.last %},{% endif %}
{%- endfor %}
{%- endmacro %}

{% macro squares_as_rows(relation, measures) -%}
{%- for indicator, (events, base) in measures.items() %}
select
    municipality_id,
    '{{ indicator }}' as indicator_id,
    period_start,
    geography_id,
    breakdown,
    category,
    cast({{ indicator }}_events as double) as events_squared,
    cast({{ indicator ~ '_product' if base else 0 }} as double) as product,
    cast({{ indicator ~ '_base' if base else 0 }} as double) as base_squared
from {{ relation }}
where {{ has_named_group() }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro %}


{#
    A column of a member, and what the members of its kind have but it: as two
    columns, with `_a` and `_b` after its name. They are added in one order, since
    the last digit of a sum depends on it.
#}
{% macro own_and_others(columns, kind, member) -%}
{%- for column in columns %}
{{ column }} as {{ column }}_a,
{{ sum_in_order(column, kind, member) }} - {{ column }} as {{ column }}_b
{%- if not loop.last %},{% endif %}
{%- endfor %}
{%- endmacro %}

{# The sum over those of a kind, added in the order of what tells them apart. #}
{% macro sum_in_order(expression, kind, member) -%}
sum({{ expression }}) over (
    partition by {{ kind | join(', ') }}
    order by {{ member }} nulls last
    rows between unbounded preceding and unbounded following
)
{%- endmacro %}

{#
    The two largest contributions to an amount, as two columns with the amount's
    name; the second is nothing where only one gives. They say whose an amount is,
    and stay behind the restricted door.
#}
{% macro two_largest(column, name=none) -%}
{%- set name = name or column -%}
max({{ column }}) as {{ name }}_largest,
{{ adapter.dispatch('second_largest', 'avvik')(column) }}
    as {{ name }}_second_largest
{%- endmacro %}

{% macro default__second_largest(column) -%}
max({{ column }}, 2)[2]
{%- endmacro %}

{% macro spark__second_largest(column) -%}
get(sort_array(collect_list({{ column }}), false), 1)
{%- endmacro %}
