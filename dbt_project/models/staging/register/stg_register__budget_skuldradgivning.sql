with

source as (
    {{ latest_rows(
        source('register', 'register__budget_skuldradgivning'),
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
        skuldsanering_ansokt as has_applied_for_debt_relief,
        forsta_besok as first_visit_date,
        skuldsanering_datum as debt_relief_date,
        delivery_period
    from source
)

select * from renamed
