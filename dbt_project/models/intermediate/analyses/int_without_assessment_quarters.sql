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

contacts as (
    select * from {{ ref('stg_register__insatser_utan_behovsprovning') }}
),

final as (
    select
        contacts.municipality_id,
        contacts.insats_code,
        contacts.target_group,
        boards.geography_id,
        {{ quarter_start('contacts.month_start') }} as quarter_start,
        sum(contacts.contacts) as contacts,
        sum(contacts.sessions) as sessions,
        -- Some who are not counted make a sum that is too small, and so no sum.
        case
            when count(contacts.new_persons) = count(*)
                then sum(contacts.new_persons)
        end as new_persons
    from contacts
    inner join boards
        on
            contacts.municipality_id = boards.municipality_id
            and contacts.board_name = boards.board_name
    group by
        contacts.municipality_id,
        contacts.insats_code,
        contacts.target_group,
        boards.geography_id,
        {{ quarter_start('contacts.month_start') }}
)

select * from final
