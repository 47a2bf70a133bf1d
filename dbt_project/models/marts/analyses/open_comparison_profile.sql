with

members as (
    select * from {{ ref('int_open_comparison_members') }}
    where
        municipality_id = '{{ var("municipality_id") }}'
        and not is_of_municipality
),

counted as (
    select * from {{ ref('int_open_comparison_groups') }}
),

municipalities as (
    select * from {{ ref('municipalities') }}
),

boards as (
    select * from {{ ref('stg_municipality__boards') }}
),

final as (
    select
        members.municipality_id,
        members.unit_id,
        members.indicator_id,
        members.year,
        members.group_type,
        members.group_code,
        members.group_name,
        counted.answered as group_answered,
        counted.said_yes as group_said_yes,
        case members.district_name
            when '' then municipalities.name
            else members.district_name
        end as unit_name,
        case members.district_name
            when '' then members.municipality_id
            else boards.geography_id
        end as geography_id,
        case
            when members.answer = 1 then 'ja'
            when members.answer = 0 then 'nej'
            when members.status = 'not_applicable' then 'ej_tillamplig'
            when members.status = 'suppressed' then 'ej_redovisad'
            else 'ej_besvarad'
        end as answer,
        cast(counted.said_yes as double) / nullif(counted.answered, 0)
            as group_share
    from members
    inner join municipalities
        on members.municipality_id = municipalities.code
    inner join counted
        on
            members.indicator_id = counted.indicator_id
            and members.year = counted.year
            and members.group_type = counted.group_type
            and members.group_code = counted.group_code
    left join boards
        on
            members.municipality_id = boards.municipality_id
            and upper(members.district_name) = upper(boards.name)
)

select * from final
