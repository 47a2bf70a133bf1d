with

catalogue as (
    select * from {{ ref('indicators') }}
),

final as (
    select
        indicator_id,
        title_sv,
        area,
        unit,
        polarity,
        measure,
        definition_sv,
        source_id
    from catalogue
)

select * from final
