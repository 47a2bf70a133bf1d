with

source as (
    select * from {{ source('socialstyrelsen', 'socialstyrelsen__oj_answers') }}
),

renamed as (
    select
        delivery_sequence,
        series as indicator_id,
        region as unit_id,
        status,
        {{ json_text('dimensions', 'kommun') }} as municipality_id,
        {{ json_text('dimensions', 'stadsdel') }} as district_name,
        {{ json_text('dimensions', 'räknas') }} as counted_by,
        cast(period as integer) as year,
        cast({{ json_text('dimensions', 'ordalydelse') }} as integer)
            as wording,
        cast(value as integer) as answer
    from source
)

select * from renamed
