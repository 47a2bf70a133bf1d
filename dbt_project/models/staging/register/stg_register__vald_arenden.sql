with

source as (
    {{ latest_rows(
        source('register', 'register__vald_arenden'),
        ['municipality_id', 'arende_id']
    ) }}
),

renamed as (
    select
        municipality_id,
        arende_id as case_id,
        person_id,
        {{ sex_category('kon') }} as sex,
        aldersgrupp as age_group,
        stadsdelsnamnd as board_name,
        roll as role,
        hemmaboende_barn as has_children_at_home,
        hotbedomning as threat_level,
        losning as solution,
        ursprung as origin,
        aktualiserad_datum as reported_date,
        avslutad_datum as closed_date,
        delivery_period
    from source
)

select * from renamed
