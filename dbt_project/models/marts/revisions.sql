{%- set cell = statistics_cell() -%}

with

vintages as (
    select * from {{ ref('int_statistics_vintages') }}
),

catalogue as (
    select * from {{ ref('indicators') }}
),

deliveries as (
    select * from {{ ref('stg_statistics__deliveries') }}
),

histories as (
    select
        *,
        lag(status) over cell_history as old_status,
        lag(value) over cell_history as old_value,
        lag(definition_number) over cell_history as old_definition_number,
        lag(vintage_sequence) over cell_history is not null as is_later,
        min(vintage_sequence) over (
            partition by {{ cell | join(', ') }}
        ) as first_sequence
    from vintages
    window cell_history as (
        partition by {{ cell | join(', ') }}
        order by vintage_sequence nulls last
    )
),

-- What was said before the cell was said for the first time is no revision, and
-- neither is a figure of another definition.
changes as (
    select
        *,
        row_number() over (
            partition by {{ cell | join(', ') }}
            order by vintage_sequence nulls last
        ) as revision_number
    from histories
    where
        is_later
        and (
            (old_value is null) <> (value is null)
            or (
                old_definition_number = definition_number
                and {{ figures_differ('old_value', 'value') }}
            )
        )
),

final as (
    select
        changes.indicator_id,
        changes.period_start,
        changes.period_grain,
        changes.geography_id,
        changes.breakdown,
        changes.category,
        cast(changes.revision_number as integer) as revision_number,
        changes.old_value,
        changes.value as new_value,
        changes.old_status,
        changes.status as new_status,
        deliveries.received_at as seen_at,
        first_deliveries.received_at as first_seen_at,
        deliveries.delivery_id,
        changes.dataset_id as source_id
    from changes
    inner join catalogue on changes.indicator_id = catalogue.indicator_id
    inner join deliveries
        on changes.vintage_sequence = deliveries.delivery_sequence
    inner join deliveries as first_deliveries
        on changes.first_sequence = first_deliveries.delivery_sequence
)

select * from final
