with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

visits as (
    select * from {{ ref('stg_register__budget_skuldradgivning') }}
),

counselling as (
    select * from {{ ref('stg_register__rvc_samtalsstod') }}
),

placements as (
    select * from {{ ref('stg_register__skyddat_boende_placeringar') }}
    where reason in ('vald_nara_relation', 'hedersrelaterat')
),

cases as (
    select * from {{ ref('stg_register__vald_arenden') }}
    where role = 'valdsutsatt'
),

case_years as (
    select distinct
        municipality_id,
        make_date(cast(left(delivery_period, 4) as integer), 1, 1)
            as period_start
    from {{ ref('stg_register__deliveries') }}
    where register_name = 'vald_arenden'
),

-- What each indicator counts in a year, once, and from which day of the year.
events as (
    select
        municipality_id,
        board_name,
        'budget_skuldradgivning' as register_name,
        'debt_counselling_new' as indicator_id,
        person_id as counted,
        first_visit_date as counted_on
    from visits
    union all
    select
        municipality_id,
        board_name,
        'rvc_samtalsstod' as register_name,
        'rvc_contacts' as indicator_id,
        person_id as counted,
        start_date as counted_on
    from counselling
    union all
    select
        municipality_id,
        board_name,
        'rvc_samtalsstod' as register_name,
        'rvc_victims' as indicator_id,
        person_id as counted,
        start_date as counted_on
    from counselling
    where role = 'valdsutsatt'
    union all
    select
        municipality_id,
        board_name,
        'rvc_samtalsstod' as register_name,
        'rvc_counselling_granted' as indicator_id,
        person_id as counted,
        start_date as counted_on
    from counselling
    where is_granted_by_decision
    union all
    select
        municipality_id,
        board_name,
        'rvc_samtalsstod' as register_name,
        'rvc_group_participants' as indicator_id,
        person_id as counted,
        start_date as counted_on
    from counselling
    where form = 'grupp'
    union all
    select
        municipality_id,
        board_name,
        'skyddat_boende_placeringar' as register_name,
        'protected_housing_persons' as indicator_id,
        person_id as counted,
        decision_date as counted_on
    from placements
    where housing_form = 'skyddat_boende'
    union all
    select
        municipality_id,
        board_name,
        'skyddat_boende_placeringar' as register_name,
        'protected_housing_decisions' as indicator_id,
        placement_id as counted,
        decision_date as counted_on
    from placements
    where housing_form = 'skyddat_boende'
    union all
    select
        municipality_id,
        board_name,
        'skyddat_boende_placeringar' as register_name,
        'emergency_flat_persons' as indicator_id,
        person_id as counted,
        decision_date as counted_on
    from placements
    where housing_form = 'jourlagenhet'
    union all
    -- A case that was open when the year began counts from its first day.
    select
        cases.municipality_id,
        cases.board_name,
        'vald_arenden' as register_name,
        'ipv_victims_known' as indicator_id,
        cases.person_id as counted,
        greatest(cases.reported_date, case_years.period_start) as counted_on
    from cases
    inner join case_years
        on
            cases.municipality_id = case_years.municipality_id
            and cases.reported_date <= {{ year_end('case_years.period_start') }}
            and (
                cases.closed_date is null
                or cases.closed_date >= case_years.period_start
            )
),

firsts as (
    select
        events.municipality_id,
        events.register_name,
        events.indicator_id,
        crosswalk.geography_id,
        events.counted,
        {{ year_start('events.counted_on') }} as period_start,
        min(events.counted_on) as counted_on
    from events
    inner join crosswalk
        on
            events.municipality_id = crosswalk.municipality_id
            and events.board_name = crosswalk.board_name
            and {{ year_start('events.counted_on') }}
            between crosswalk.counts_from and crosswalk.counts_to
    group by
        events.municipality_id,
        events.register_name,
        events.indicator_id,
        crosswalk.geography_id,
        events.counted,
        {{ year_start('events.counted_on') }}
),

final as (
    select
        municipality_id,
        register_name,
        indicator_id,
        geography_id,
        period_start,
        {{ month_start('counted_on') }} as month_start,
        count(*) as newly_counted
    from firsts
    group by
        municipality_id,
        register_name,
        indicator_id,
        geography_id,
        period_start,
        {{ month_start('counted_on') }}
)

select * from final
