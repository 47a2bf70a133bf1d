with

source as (
    {{ latest_rows(
        source('register', 'register__avhysningar_barn'),
        ['municipality_id', 'avhysning_id']
    ) }}
),

renamed as (
    select
        municipality_id,
        avhysning_id as eviction_id,
        stadsdelsnamnd as board_name,
        orsak as reason,
        antal_barn as children,
        verkstalld as is_executed,
        datum as eviction_date,
        delivery_period
    from source
)

select * from renamed
