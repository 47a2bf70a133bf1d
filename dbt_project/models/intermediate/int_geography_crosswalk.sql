with

boards as (
    select * from {{ ref('stg_municipality__boards') }}
),

central_units as (
    select * from {{ ref('stg_municipality__units') }}
),

-- A board may be merged twice before anyone adds a third step here.
current_boards as (
    select
        boards.municipality_id,
        boards.name,
        boards.geography_id,
        boards.valid_from,
        boards.valid_to,
        coalesce(
            successors.successor_geography_id,
            boards.successor_geography_id,
            boards.geography_id
        ) as current_id
    from boards
    left join boards as successors
        on
            boards.municipality_id = successors.municipality_id
            and boards.successor_geography_id = successors.geography_id
),

own_names as (
    select
        municipality_id,
        name
    from boards
    union all
    select
        municipality_id,
        name
    from central_units
),

unit_names as (
    select * from own_names
    union all
    -- Persons with protected identity count in the city and in no board.
    select distinct
        municipality_id,
        '{{ var("protected_unit") }}' as name
    from own_names
),

cities as (
    select
        municipality_id,
        name as board_name,
        municipality_id as geography_id,
        make_date(1900, 1, 1) as counts_from,
        make_date(9999, 12, 31) as counts_to
    from unit_names
),

todays_boards as (
    select
        municipality_id,
        name as board_name,
        current_id as geography_id,
        make_date(1900, 1, 1) as counts_from,
        make_date(9999, 12, 31) as counts_to
    from current_boards
),

former_boards as (
    select
        municipality_id,
        name as board_name,
        geography_id,
        {{ year_start('valid_from') }} as counts_from,
        valid_to as counts_to
    from current_boards
    where geography_id <> current_id
),

final as (
    select * from cities
    union all
    select * from todays_boards
    union all
    select * from former_boards
)

select * from final
