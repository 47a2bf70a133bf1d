with

source as (
    {{ latest_rows(
        source('register', 'register__rvc_samtalsstod'),
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
        roll as role,
        form,
        rvc as centre,
        antal_tillfallen as sessions,
        bistandsbeslut as is_granted_by_decision,
        start_datum as start_date,
        slut_datum as end_date,
        delivery_period
    from source
)

select * from renamed
