with

observations as (
    select * from {{ ref('int_observations_located') }}
),

notes as (
    select * from {{ ref('stg_statistics__notes') }}
),

-- A note is about figures: with the delivery they came in, it is replaced.
newest_deliveries as (
    select distinct
        delivery_id,
        dataset_id
    from observations
),

final as (
    select
        notes.dataset_id as source_id,
        cast(
            row_number() over (
                partition by notes.dataset_id
                order by notes.delivery_id, notes.note_number
            ) as integer
        ) as note_number,
        notes.kind,
        notes.period,
        notes.regions,
        notes.text as text_sv
    from notes
    inner join newest_deliveries
        on
            notes.delivery_id = newest_deliveries.delivery_id
            and notes.dataset_id = newest_deliveries.dataset_id
)

select * from final
