-- What counts persons shows them by sex and by age, or the seed says why not.
-- A unit that nobody has said what it counts is told too, and so is a stale
-- exception. Of less than twenty there may be no group that can be named.
{{ config(severity='warn') }}

with

catalogue as (
    select * from {{ ref('indicators') }}
),

units as (
    select * from {{ ref('units') }}
),

exceptions as (
    select * from {{ ref('breakdown_exceptions') }}
),

shown as (
    select
        indicator_id,
        max(case when '*' || breakdown || '*' like '%*sex*%' then 1 else 0 end)
            as by_sex,
        max(
            case
                when '*' || breakdown || '*' like '%*age_group*%' then 1
                else 0
            end
        ) as by_age,
        max(coalesce(denominator, value)) as largest
    from {{ ref('indicator_values') }}
    group by indicator_id
),

asked as (
    select
        indicator_id,
        'sex' as breakdown,
        by_sex as is_shown,
        largest
    from shown
    union all
    select
        indicator_id,
        'age_group' as breakdown,
        by_age as is_shown,
        largest
    from shown
)

select
    asked.indicator_id,
    asked.breakdown,
    'neither shown nor excepted' as fault
from asked
inner join catalogue on asked.indicator_id = catalogue.indicator_id
inner join units on catalogue.unit = units.unit
left join exceptions
    on
        asked.indicator_id = exceptions.indicator_id
        and asked.breakdown = exceptions.breakdown
where
    units.is_of_persons
    and asked.is_shown = 0
    and asked.largest >= 20
    and exceptions.indicator_id is null
union all
select
    asked.indicator_id,
    asked.breakdown,
    'excepted and shown' as fault
from asked
inner join exceptions
    on
        asked.indicator_id = exceptions.indicator_id
        and asked.breakdown = exceptions.breakdown
where asked.is_shown = 1
union all
select
    catalogue.indicator_id,
    'sex' as breakdown,
    'a unit that is not known' as fault
from catalogue
left join units on catalogue.unit = units.unit
where units.unit is null
