with

source as (
    {{ latest_rows(
        source('register', 'register__familjeratt_arenden'),
        ['municipality_id', 'arende_id']
    ) }}
),

renamed as (
    select
        municipality_id,
        arende_id as case_id,
        barn_id as child_id,
        {{ sex_category('kon_barn') }} as child_sex,
        aldersgrupp_barn as child_age_group,
        stadsdelsnamnd as board_name,
        typ as case_type,
        utfall as result,
        start_datum as start_date,
        slut_datum as end_date,
        delivery_period
    from source
)

select * from renamed
