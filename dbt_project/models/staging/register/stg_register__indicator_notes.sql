with

source as (
    select * from {{ source('register', 'register__indicator_notes') }}
),

renamed as (
    select
        municipality_id,
        indicator_id,
        is_counted,
        note_sv
    from source
)

select * from renamed
