with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

residents as (
    select
        municipality_id,
        board_name,
        sex,
        persons as population,
        make_date(year, 1, 1) as period_start,
        {{ age_band('age') }} as age_group,
        case when age < 18 then persons else 0 end as children,
        case when age >= 65 then persons else 0 end as older_residents
    from {{ ref('stg_register__befolkning_stadsdel') }}
),

households as (
    select
        municipality_id,
        board_name,
        household_type,
        households,
        make_date(year, 1, 1) as period_start
    from {{ ref('stg_register__hushall_stadsdel') }}
),

counted_residents as (
    select
        residents.municipality_id,
        residents.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        sum(residents.population) as population,
        sum(residents.children) as children,
        sum(residents.older_residents) as older_residents
    from residents
    inner join crosswalk
        on
            residents.municipality_id = crosswalk.municipality_id
            and residents.board_name = crosswalk.board_name
            and residents.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by {{ whole_and_each(
        [
            'residents.municipality_id',
            'residents.period_start',
            'crosswalk.geography_id',
        ],
        [
            'residents.sex',
            'residents.age_group',
            'residents.sex, residents.age_group',
        ]
    ) }}
),

counted_households as (
    select
        households.municipality_id,
        households.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['household_type']) }} as breakdown,
        {{ breakdown_category(['household_type']) }} as category,
        sum(households.households) as households
    from households
    inner join crosswalk
        on
            households.municipality_id = crosswalk.municipality_id
            and households.board_name = crosswalk.board_name
            and households.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by {{ whole_and_each(
        [
            'households.municipality_id',
            'households.period_start',
            'crosswalk.geography_id',
        ],
        ['households.household_type']
    ) }}
),

units as (
    select
        *,
        cast(null as bigint) as households
    from counted_residents
    union all
    select
        municipality_id,
        period_start,
        geography_id,
        breakdown,
        category,
        cast(null as bigint) as population,
        cast(null as bigint) as children,
        cast(null as bigint) as older_residents,
        households
    from counted_households
),

final as (
    select
        municipality_id,
        period_start,
        geography_id,
        breakdown,
        category,
        sum(population) as population,
        sum(children) as children,
        sum(older_residents) as older_residents,
        sum(households) as households
    from units
    group by
        municipality_id,
        period_start,
        geography_id,
        breakdown,
        category
)

select * from final
