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
        on boards.successor_geography_id = successors.geography_id
),

unit_names as (
    select name from boards
    union all
    select name from central_units
    union all
    -- Persons with protected identity count in the city and in no board.
    select '{{ var("protected_unit") }}' as name
),

cities as (
    select
        name as board_name,
        '{{ var("municipality_id") }}' as geography_id,
        make_date(1900, 1, 1) as counts_from,
        make_date(9999, 12, 31) as counts_to
    from unit_names
),

todays_boards as (
    select
        name as board_name,
        current_id as geography_id,
        make_date(1900, 1, 1) as counts_from,
        make_date(9999, 12, 31) as counts_to
    from current_boards
),

former_boards as (
    select
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
