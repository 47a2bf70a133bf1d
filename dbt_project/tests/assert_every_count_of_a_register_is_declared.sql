-- What is not declared as a count is not protected by the sums that it is in. A
-- share is of two counts, and the one lies in the other.
{{ config(severity='warn') }}

with

indicator_values as (
    select * from {{ ref('indicator_values') }}
    where period_grain = 'year'
),

catalogue as (
    select * from {{ ref('indicators') }}
),

registers as (
    select distinct register_name from {{ ref('int_register_years') }}
),

indicator_counts as (
    select * from {{ ref('indicator_counts') }}
),

count_sums as (
    select * from {{ ref('count_sums') }}
),

parts as (
    {% for part in ['numerator', 'denominator'] %}
        select distinct
            indicator_values.indicator_id,
            '{{ part }}' as part,
            case
                when indicator_values.breakdown = 'total' then 'whole'
                else 'parts'
            end as rows_of
        from indicator_values
        inner join registers
            on indicator_values.source_id = registers.register_name
        where indicator_values.{{ part }} is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

numerators as (
    select * from indicator_counts
    where part = 'numerator'
),

denominators as (
    select * from indicator_counts
    where part = 'denominator'
)

select
    parts.indicator_id,
    parts.part || ' of ' || parts.rows_of || ' is no count' as fault
from parts
left join indicator_counts
    on
        parts.indicator_id = indicator_counts.indicator_id
        and parts.part = indicator_counts.part
        and indicator_counts.rows_of in ('all', parts.rows_of)
where
    indicator_counts.indicator_id is null
    -- An index of an area counts nobody.
    and parts.indicator_id <> 'socioeconomic_index'
union all
select
    numerators.indicator_id,
    'a share of what it does not lie in' as fault
from numerators
inner join denominators
    on numerators.indicator_id = denominators.indicator_id
inner join catalogue on numerators.indicator_id = catalogue.indicator_id
left join count_sums
    on
        count_sums.kind = 'counts'
        and denominators.count_id = count_sums.count_id
        and numerators.count_id = count_sums.parts_by
where
    catalogue.measure = 'proportion'
    and numerators.count_id <> denominators.count_id
    and count_sums.sum_id is null
