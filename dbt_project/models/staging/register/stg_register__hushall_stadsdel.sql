with

source as (
    {{ latest_rows(
        source('register', 'register__hushall_stadsdel'),
        ['municipality_id', 'ar', 'stadsdelsnamnd', 'hushallstyp']
    ) }}
),

renamed as (
    select
        municipality_id,
        stadsdelsnamnd as board_name,
        hushallstyp as household_type,
        ar as year,
        antal_hushall as households,
        delivery_period
    from source
)

select * from renamed
