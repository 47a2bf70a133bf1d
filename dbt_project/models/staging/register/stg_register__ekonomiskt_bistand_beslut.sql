with

source as (
    {{ latest_rows(
        source('register', 'register__ekonomiskt_bistand_beslut'),
        ['municipality_id', 'beslut_id']
    ) }}
),

renamed as (
    select
        municipality_id,
        beslut_id as decision_id,
        hushall_id as household_id,
        sokande_id as applicant_id,
        medsokande_id as co_applicant_id,
        {{ sex_category('kon_sokande') }} as applicant_sex,
        aldersgrupp_sokande as applicant_age_group,
        {{ sex_category('kon_medsokande') }} as co_applicant_sex,
        aldersgrupp_medsokande as co_applicant_age_group,
        stadsdelsnamnd as board_name,
        ansokan_typ as application_type,
        utfall as outcome,
        avslagsgrund as refusal_reason,
        hushallstyp as household_type,
        boendeform as housing_form,
        forsorjningshinder as support_obstacle,
        andamal as purposes,
        avslutsorsak as closing_reason,
        antal_barn as children,
        sokt_belopp as applied_amount,
        beviljat_belopp as granted_amount,
        avser_manad as benefit_month,
        ansokan_datum as application_date,
        beslut_datum as decision_date,
        avslut_datum as closing_date,
        delivery_period
    from source
)

select * from renamed
