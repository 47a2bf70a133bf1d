with

source as (
    {{ latest_rows(
        source('register', 'register__hushall_stadsdel'),
        ['ar', 'stadsdelsnamnd', 'hushallstyp']
    ) }}
),

renamed as (
    select
        stadsdelsnamnd as board_name,
        hushallstyp as household_type,
        ar as year,
        antal_hushall as households,
        delivery_period
    from source
)

select * from renamed
