with

source as (
    {{ latest_rows(
        source('register', 'register__befolkning_stadsdel'),
        ['municipality_id', 'ar', 'stadsdelsnamnd', 'kon', 'alder']
    ) }}
),

renamed as (
    select
        municipality_id,
        stadsdelsnamnd as board_name,
        {{ sex_category('kon') }} as sex,
        ar as year,
        alder as age,
        antal as persons,
        delivery_period
    from source
)

select * from renamed
