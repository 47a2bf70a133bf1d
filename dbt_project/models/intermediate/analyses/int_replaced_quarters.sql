with

boards as (
    select distinct
        municipality_id,
        board_name,
        geography_id
    from {{ ref('int_geography_crosswalk') }}
    where
        counts_to = make_date(9999, 12, 31)
        and geography_id <> municipality_id
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'rvc_samtalsstod'
),

-- Counts of what begins, so that a quarter's change is one of the year too.
begun as (
    select
        municipality_id,
        board_name,
        person_id,
        start_date,
        'rvc_counselling_granted' as indicator_id
    from {{ ref('stg_register__rvc_samtalsstod') }}
    where is_granted_by_decision
),

-- A person's first of the year in the board, as the indicator counts it.
persons as (
    select
        begun.municipality_id,
        begun.indicator_id,
        begun.person_id,
        boards.geography_id,
        {{ year_start('begun.start_date') }} as period_start,
        {{ quarter_start('min(begun.start_date)') }} as quarter_start
    from begun
    inner join boards
        on
            begun.municipality_id = boards.municipality_id
            and begun.board_name = boards.board_name
    group by
        begun.municipality_id,
        begun.indicator_id,
        begun.person_id,
        boards.geography_id,
        {{ year_start('begun.start_date') }}
),

final as (
    select
        persons.municipality_id,
        persons.indicator_id,
        persons.geography_id,
        persons.quarter_start,
        count(*) as persons
    from persons
    inner join years
        on
            persons.municipality_id = years.municipality_id
            and persons.period_start = years.period_start
    group by
        persons.municipality_id,
        persons.indicator_id,
        persons.geography_id,
        persons.quarter_start
)

select * from final
