with

source as (
    {{ latest_rows(
        source('register', 'register__boendestod_beslut'),
        ['municipality_id', 'beslut_id']
    ) }}
),

renamed as (
    select
        municipality_id,
        beslut_id as decision_id,
        person_id,
        {{ sex_category('kon') }} as sex,
        aldersgrupp as age_group,
        stadsdelsnamnd as board_name,
        malgrupp as target_group,
        timmar_per as hours_per,
        fodelsear_band as birth_year_band,
        lss_personkrets as lss_category,
        antal_aktiviteter as activities,
        timmar as hours,
        timmar_utforda as performed_hours,
        avslagen_timmar as refused_hours,
        behovsniva as need_level,
        eget_boende as has_own_housing,
        folkbokford_i_namnden as is_registered_in_district,
        start_datum as start_date,
        slut_datum as end_date,
        delivery_period
    from source
)

select * from renamed
