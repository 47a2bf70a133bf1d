with

source as (
    {{ latest_rows(
        source('register', 'register__barn_unga_arenden'),
        ['municipality_id', 'arende_id']
    ) }}
),

renamed as (
    select
        municipality_id,
        arende_id as case_id,
        person_id,
        {{ sex_category('kon') }} as sex,
        aldersgrupp as age_band,
        case
            when aldersgrupp in ('0', '1-5', '6') then '0-6'
            when aldersgrupp in ('13-15', '16-17') then '13-17'
            else aldersgrupp
        end as age_group,
        stadsdelsnamnd as board_name,
        stadsdel as area_name,
        aktualisering as report_type,
        anmalare as reporter,
        kontaktorsaker as contact_reasons,
        {{ first_code('kontaktorsaker') }} as main_contact_reason,
        ej_utredning_skal as no_investigation_reason,
        insats_typ as intervention_type,
        avbojd_av as declined_by,
        vidtalade as contacted_parties,
        tidigare_arenden as previous_cases,
        utredning_inledd as is_investigated,
        insats_erbjuden as is_offered,
        insats_beviljad as is_granted,
        insats_accepterad as is_accepted,
        familjeratt as is_family_law,
        aktivt as is_active,
        aktualiserad_datum as reported_date,
        forhandsbedomning_start as assessment_start_date,
        forhandsbedomning_beslut as assessment_decision_date,
        utredning_start as investigation_start_date,
        utredning_slut as investigation_end_date,
        delivery_period
    from source
)

select * from renamed
