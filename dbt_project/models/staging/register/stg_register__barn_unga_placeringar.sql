with

source as (
    {{ latest_rows(
        source('register', 'register__barn_unga_placeringar'),
        ['municipality_id', 'placering_id']
    ) }}
),

renamed as (
    select
        municipality_id,
        placering_id as placement_id,
        person_id,
        {{ sex_category('kon') }} as sex,
        aldersgrupp as age_group,
        stadsdelsnamnd as board_name,
        lagrum as legal_basis,
        omedelbart as is_immediate,
        placeringsform as form,
        start_datum as start_date,
        slut_datum as end_date,
        avslut_orsak as ended_by,
        delivery_period
    from source
)

select * from renamed
