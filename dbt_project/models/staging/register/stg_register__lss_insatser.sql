with

source as (
    {{ latest_rows(
        source('register', 'register__lss_insatser'),
        ['municipality_id', 'insats_id']
    ) }}
),

renamed as (
    select
        municipality_id,
        insats_id as intervention_id,
        person_id,
        {{ sex_category('kon') }} as sex,
        aldersgrupp as age_group,
        stadsdelsnamnd as board_name,
        personkrets as lss_category,
        insats as intervention,
        fodelsear_band as birth_year_band,
        beslut_datum as decision_date,
        start_datum as start_date,
        slut_datum as end_date,
        delivery_period
    from source
)

select * from renamed
