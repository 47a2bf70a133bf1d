with

catalogue as (
    select * from {{ ref('indicators') }}
),

not_delivered as (
    select * from {{ ref('stg_register__not_delivered') }}
    where municipality_id = '{{ var("municipality_id") }}'
),

notes as (
    select * from {{ ref('stg_register__indicator_notes') }}
    where municipality_id = '{{ var("municipality_id") }}'
),

told as (
    select
        catalogue.indicator_id,
        catalogue.title_sv,
        catalogue.area,
        catalogue.unit,
        catalogue.polarity,
        catalogue.measure,
        catalogue.source_id,
        case
            when notes.is_counted
                then catalogue.definition_sv || ' ' || notes.note_sv
            else catalogue.definition_sv
        end as definition_sv,
        coalesce(
            not_delivered.reason_sv,
            case when not notes.is_counted then notes.note_sv end
        ) as not_delivered_sv
    from catalogue
    left join not_delivered
        on catalogue.source_id = not_delivered.register_name
    left join notes
        on catalogue.indicator_id = notes.indicator_id
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
        source_id,
        not_delivered_sv
    from told
)

select * from final
