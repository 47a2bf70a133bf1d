with

source as (
    {{ latest_rows(
        source('register', 'register__barn_unga_oppenvard'),
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
        insats as intervention,
        start_datum as start_date,
        slut_datum as end_date,
        delivery_period
    from source
)

select * from renamed
