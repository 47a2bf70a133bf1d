-- A board's name that the crosswalk lacks falls out of every inner join, and
-- the city's figures sink without a trace. So what can be counted straight from
-- the registers is counted again here, without the crosswalk.
with

recounted as (
    select
        municipality_id,
        'assistance_decisions' as indicator_id,
        period_start,
        sum(decisions) as events
    from {{ ref('int_assistance_household_years') }}
    group by municipality_id, period_start
    union all
    select
        municipality_id,
        'child_cases' as indicator_id,
        period_start,
        count(*) as events
    from {{ ref('int_child_reports') }}
    where is_case
    group by municipality_id, period_start
    union all
    select
        municipality_id,
        'population' as indicator_id,
        make_date(year, 1, 1) as period_start,
        sum(persons) as events
    from {{ ref('stg_register__befolkning_stadsdel') }}
    group by municipality_id, year
    union all
    select
        municipality_id,
        'households_total' as indicator_id,
        make_date(year, 1, 1) as period_start,
        sum(households) as events
    from {{ ref('stg_register__hushall_stadsdel') }}
    group by municipality_id, year
    union all
    select
        municipality_id,
        'housing_support_persons' as indicator_id,
        period_start,
        count(*) as events
    from {{ ref('int_housing_support_decisions') }}
    group by municipality_id, period_start
    union all
    select
        municipality_id,
        'family_law_cases' as indicator_id,
        {{ year_start('start_date') }} as period_start,
        count(*) as events
    from {{ ref('stg_register__familjeratt_arenden') }}
    group by municipality_id, {{ year_start('start_date') }}
),

indicator_values as (
    select * from {{ ref('indicator_values') }}
    where
        geography_id = municipality_id
        and breakdown = 'total'
)

select
    recounted.indicator_id,
    recounted.period_start,
    recounted.events,
    indicator_values.value
from recounted
inner join indicator_values
    on
        recounted.municipality_id = indicator_values.municipality_id
        and recounted.indicator_id = indicator_values.indicator_id
        and recounted.period_start = indicator_values.period_start
where recounted.events <> indicator_values.value
