with

catalogue as (
    select * from {{ ref('indicators') }}
),

not_delivered as (
    select * from {{ ref('stg_register__not_delivered') }}
    where municipality_id = '{{ var("municipality_id") }}'
),

final as (
    select
        catalogue.indicator_id,
        catalogue.title_sv,
        catalogue.area,
        catalogue.unit,
        catalogue.polarity,
        catalogue.measure,
        catalogue.definition_sv,
        catalogue.source_id,
        not_delivered.reason_sv as not_delivered_sv
    from catalogue
    left join not_delivered
        on catalogue.source_id = not_delivered.register_name
)

select * from final
