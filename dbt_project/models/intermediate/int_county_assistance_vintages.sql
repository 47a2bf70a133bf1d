with

observations as (
    select * from {{ ref('stg_socialstyrelsen__observations') }}
    where dataset_id = 'socialstyrelsen_assistance_county'
),

deliveries as (
    select * from {{ ref('stg_statistics__deliveries') }}
),

notes as (
    select * from {{ ref('stg_statistics__notes') }}
    where kind = 'vintage'
),

counties as (
    select * from {{ ref('counties') }}
),

final as (
    select
        observations.delivery_sequence,
        counties.code as geography_id,
        observations.series,
        observations.period_start,
        observations.status,
        observations.value,
        coalesce(
            make_date(
                cast(left(notes.period, 4) as integer),
                cast(right(left(notes.period, 7), 2) as integer),
                cast(right(notes.period, 2) as integer)
            ),
            cast(deliveries.received_at as date)
        ) as known_on
    from observations
    inner join counties on observations.region_label = counties.name
    inner join deliveries
        on observations.delivery_sequence = deliveries.delivery_sequence
    left join notes
        on
            observations.delivery_id = notes.delivery_id
            and observations.dataset_id = notes.dataset_id
)

select * from final
