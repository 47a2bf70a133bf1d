with

observations as (
    select * from {{ ref('int_observations_located') }}
),

notes as (
    select * from {{ ref('stg_statistics__notes') }}
),

deliveries as (
    select * from {{ ref('stg_statistics__deliveries') }}
),

-- A note is about figures: with the delivery they came in, it is replaced.
standing_deliveries as (
    select distinct
        deliveries.delivery_id,
        deliveries.dataset_id
    from observations
    inner join deliveries
        on observations.said_sequence = deliveries.delivery_sequence
    where observations.replaced_sequence is null
),

final as (
    select
        notes.dataset_id as source_id,
        cast(
            row_number() over (
                partition by notes.dataset_id
                order by
                    notes.delivery_id nulls last,
                    notes.note_number nulls last
            ) as integer
        ) as note_number,
        notes.kind,
        notes.period,
        notes.regions,
        notes.text as text_sv
    from notes
    inner join standing_deliveries
        on
            notes.delivery_id = standing_deliveries.delivery_id
            and notes.dataset_id = standing_deliveries.dataset_id
)

select * from final
