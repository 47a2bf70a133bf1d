with

quarters as (
    select * from {{ ref('int_without_assessment_quarters') }}
),

categories as (
    select * from {{ ref('int_board_area_categories') }}
),

residents as (
    select
        municipality_id,
        period_start,
        geography_id,
        sum(case when breakdown = 'total' then population end) as everybody,
        sum(
            case when category in ('0-6', '7-12', '13-17') then population end
        ) as barn_unga,
        sum(
            case
                when category in ('18-24', '25-44', '45-64') then population
            end
        ) as vuxna,
        sum(case when category = '65+' then population end) as aldre
    from {{ ref('int_district_populations') }}
    where breakdown in ('total', 'age_group')
    group by municipality_id, period_start, geography_id
),

boards as (
    select
        municipality_id,
        insats_code,
        target_group,
        geography_id,
        {{ year_start('quarter_start') }} as period_start,
        sum(contacts) as contacts,
        sum(sessions) as sessions,
        case
            when count(new_persons) = count(*) then sum(new_persons)
        end as new_persons
    from quarters
    group by
        municipality_id,
        insats_code,
        target_group,
        geography_id,
        {{ year_start('quarter_start') }}
),

located as (
    select
        boards.*,
        coalesce(cast(categories.area_category as string), 'okand')
            as area_category,
        case boards.target_group
            when 'barn_unga' then residents.barn_unga
            when 'vuxna' then residents.vuxna
            when 'aldre' then residents.aldre
            else residents.everybody
        end as residents
    from boards
    left join categories
        on
            boards.municipality_id = categories.municipality_id
            and boards.geography_id = categories.geography_id
            and boards.period_start = categories.period_start
    left join residents
        on
            boards.municipality_id = residents.municipality_id
            and boards.geography_id = residents.geography_id
            and boards.period_start = residents.period_start
),

each_and_all as (
    select * from located
    union all
    select
        municipality_id,
        insats_code,
        target_group,
        geography_id,
        period_start,
        contacts,
        sessions,
        new_persons,
        'alla' as area_category,
        residents
    from located
),

final as (
    select
        municipality_id,
        period_start,
        insats_code,
        target_group,
        area_category,
        count(*) as boards,
        sum(contacts) as contacts,
        sum(sessions) as sessions,
        case
            when count(new_persons) = count(*) then sum(new_persons)
        end as new_persons,
        case
            when count(residents) = count(*) then sum(residents)
        end as residents
    from each_and_all
    group by
        municipality_id,
        period_start,
        insats_code,
        target_group,
        area_category
)

select * from final
