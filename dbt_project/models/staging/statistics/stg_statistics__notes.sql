with

source as (
    select * from {{ source('statistics', 'statistics__notes') }}
),

renamed as (
    select
        delivery_id,
        dataset_id,
        period,
        regions,
        kind,
        text,
        note_number
    from source
)

select * from renamed
