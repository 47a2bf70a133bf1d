with

source as (
    {{ latest_rows(
        source('register', 'register__skyddat_boende_placeringar'),
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
        boendeform as housing_form,
        orsak as reason,
        skalskydd as is_secured,
        medfoljande_barn as accompanying_children,
        beslut_datum as decision_date,
        start_datum as start_date,
        slut_datum as end_date,
        delivery_period
    from source
)

select * from renamed
