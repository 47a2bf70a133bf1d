with

source as (
    {{ latest_rows(
        source('register', 'register__insatser_utan_behovsprovning'),
        [
            'municipality_id',
            'manad',
            'stadsdelsnamnd',
            'insats_kod',
            'malgrupp',
            'kon',
            'aldersgrupp',
        ]
    ) }}
),

renamed as (
    select
        municipality_id,
        stadsdelsnamnd as board_name,
        insats_kod as insats_code,
        malgrupp as target_group,
        kon as sex,
        aldersgrupp as age_group,
        kontakter as contacts,
        nya_personer as new_persons,
        tillfallen as sessions,
        deltagare_per_tillfalle as participants_per_session,
        dokumenteras_per_person as is_documented_by_person,
        manad as month_start,
        delivery_period
    from source
)

select * from renamed
