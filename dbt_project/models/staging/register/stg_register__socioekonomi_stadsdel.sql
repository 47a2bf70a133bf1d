with

source as (
    {{ latest_rows(
        source('register', 'register__socioekonomi_stadsdel'),
        ['municipality_id', 'ar', 'stadsdel']
    ) }}
),

renamed as (
    select
        municipality_id,
        stadsdel as area_name,
        stadsdelsnamnd as board_name,
        ar as year,
        omradeskategori as area_category,
        barn_0_17 as children,
        {{ adapter.quote('index') }} as socioeconomic_index,
        delivery_period
    from source
)

select * from renamed
