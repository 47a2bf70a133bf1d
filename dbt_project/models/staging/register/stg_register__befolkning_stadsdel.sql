with

source as (
    {{ latest_rows(
        source('register', 'register__befolkning_stadsdel'),
        ['ar', 'stadsdelsnamnd', 'kon', 'alder']
    ) }}
),

renamed as (
    select
        stadsdelsnamnd as board_name,
        {{ sex_category('kon') }} as sex,
        ar as year,
        alder as age,
        antal as persons,
        delivery_period
    from source
)

select * from renamed
