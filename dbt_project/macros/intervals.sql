{#
    Two-sided 95 % confidence intervals in closed form. Each macro renders one
    expression; `side` is 'lower' or 'upper'. A null argument gives null.

    A literal without an exponent is a decimal number, which engines multiply and
    divide to different lengths; with one it is a double.
#}

{% macro normal_quantile() -%} 1.959963984540054e0 {%- endmacro %}

{# Its square, rounded once. #}
{% macro normal_quantile_squared() -%} 3.841458820694125e0 {%- endmacro %}


{#
    Wilson's score interval of a proportion, as a fraction.
    Wilson, E.B. (1927), J. Am. Stat. Assoc. 22:209-212. A numerator above its
    denominator is for the gate to refuse, not for a square root to fall on.
#}
{% macro wilson_interval(numerator, denominator, side) -%}
{%- set z = normal_quantile() -%}
{%- set z_squared = normal_quantile_squared() -%}
{%- set sign = {'lower': '-', 'upper': '+'}[side] -%}
case
    when {{ numerator }} = {{ {'lower': '0', 'upper': denominator}[side] }}
        then {{ {'lower': '0e0', 'upper': '1e0'}[side] }}
    else (
        2 * {{ numerator }} + {{ z_squared }}
        {{ sign }} {{ z }} * sqrt(
            {{ z_squared }}
            + 4 * {{ numerator }} * greatest(
                1 - cast({{ numerator }} as double) / {{ denominator }}, 0
            )
        )
    ) / (2 * ({{ denominator }} + {{ z_squared }}))
end
{%- endmacro %}


{#
    Byar's approximation to the exact Poisson interval of a count.
    Breslow, N.E. and Day, N.E. (1987), IARC Sci. Publ. 82, p. 69. It is within
    one per cent of the exact limits from 5 on; the lower limit of 0 is 0.
#}
{% macro byar_interval(events, side) -%}
{%- set z = normal_quantile() -%}
{%- if side == 'lower' -%}
case
    when {{ events }} = 0 then 0e0
    else {{ events }} * power(
        1 - 1e0 / (9 * {{ events }})
        - {{ z }} / (3 * sqrt({{ events }})), 3
    )
end
{%- else -%}
({{ events }} + 1) * power(
    1 - 1e0 / (9 * ({{ events }} + 1))
    + {{ z }} / (3 * sqrt({{ events }} + 1)), 3
)
{%- endif -%}
{%- endmacro %}


{#
    97.5 % quantile of Student's t by the Cornish-Fisher expansion in 1/n.
    Abramowitz and Stegun (1964), 26.7.5; off by less than 0.0012 from four
    degrees of freedom on.
#}
{% macro t_quantile(degrees) -%}
{%- set z = 1.959963984540054 -%}
{%- set terms = [
    (z**3 + z) / 4,
    (5 * z**5 + 16 * z**3 + 3 * z) / 96,
    (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
] -%}
(
    {{ z }}e0
    {%- for term in terms %}
    + {{ '%.12fe0' | format(term) }}
    / power(cast(({{ degrees }}) as double), {{ loop.index }})
    {%- endfor %}
)
{%- endmacro %}


{#
    Student's interval of a mean. Null below five observations, where neither the
    expansion nor the assumption behind it holds.
#}
{% macro mean_interval(mean, standard_deviation, observations, side) -%}
{%- set sign = {'lower': '-', 'upper': '+'}[side] -%}
case
    when {{ observations }} >= 5
        then {{ mean }} {{ sign }} {{ t_quantile(observations ~ ' - 1') }}
        * {{ standard_deviation }} / sqrt({{ observations }})
end
{%- endmacro %}


{#
    The limit that fits an indicator's measure, from the columns measure,
    numerator, denominator, rate_base, value, standard_deviation and observations.
    An amount has none.
#}
{% macro confidence_limit(side) -%}
case measure
    when 'count' then {{ byar_interval('numerator', side) }}
    when 'rate' then cast(rate_base as double) / denominator
        * {{ byar_interval('numerator', side) }}
    when 'proportion'
        then {{ wilson_interval('numerator', 'denominator', side) }}
    when 'mean' then {{ mean_interval(
        'value', 'standard_deviation', 'observations', side
    ) }}
end
{%- endmacro %}
