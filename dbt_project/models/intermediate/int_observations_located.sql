with

observations as (
    {% for publisher in [
        'bra', 'kolada', 'kronofogden', 'scb', 'socialstyrelsen', 'stockholm'
    ] %}
        select
            '{{ publisher }}' as publisher,
            *
        from {{ ref('stg_' ~ publisher ~ '__observations') }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

deliveries as (
    select * from {{ ref('stg_statistics__deliveries') }}
),

notes as (
    select * from {{ ref('stg_statistics__notes') }}
),

reporting_losses as (
    select * from {{ ref('reporting_losses') }}
),

regions as (
    select * from {{ ref('int_region_crosswalk') }}
),

-- A footnote that names no region is about the table, not about a cell.
lossy_cells as (
    select
        observations.delivery_id,
        observations.dataset_id,
        observations.region_label,
        observations.period
    from observations
    inner join notes
        on
            observations.delivery_id = notes.delivery_id
            and observations.dataset_id = notes.dataset_id
            and observations.period
            = coalesce(notes.period, observations.period)
            and notes.regions
            like '%"' || observations.region_label || '"%'
    where notes.kind in ('partial_loss', 'carried_over')
    union distinct
    select
        observations.delivery_id,
        observations.dataset_id,
        observations.region_label,
        observations.period
    from observations
    inner join reporting_losses
        on
            observations.dataset_id = reporting_losses.dataset_id
            and observations.region_label = reporting_losses.region_label
            and observations.period = reporting_losses.period
),

-- A dataset may come as several tables, each a delivery of its own. Where each
-- delivery holds recent periods only, it says nothing of the others.
delivered as (
    select
        observations.publisher,
        observations.delivery_sequence,
        observations.dataset_id,
        observations.series,
        observations.dimensions,
        observations.region_label,
        observations.period,
        observations.period_grain,
        observations.period_start,
        coalesce(
            {{ json_text('observations.dimensions', 'tabell') }}, ''
        ) as part_table,
        case
            when deliveries.delivers = 'recent'
                then observations.period_grain || coalesce(
                    cast(observations.period_start as string),
                    observations.period
                )
            else ''
        end as part_period,
        case
            when lossy_cells.delivery_id is null then observations.status
            else 'missing'
        end as status,
        case
            when lossy_cells.delivery_id is null then observations.value
        end as value
    from observations
    inner join deliveries
        on observations.delivery_sequence = deliveries.delivery_sequence
    left join lossy_cells
        on
            observations.delivery_id = lossy_cells.delivery_id
            and observations.dataset_id = lossy_cells.dataset_id
            and observations.region_label = lossy_cells.region_label
            and observations.period = lossy_cells.period
),

part_deliveries as (
    select distinct
        dataset_id,
        part_table,
        part_period,
        delivery_sequence
    from delivered
),

replacements as (
    select
        *,
        lead(delivery_sequence) over (
            partition by dataset_id, part_table, part_period
            order by delivery_sequence nulls last
        ) as replaced_sequence
    from part_deliveries
),

standing as (
    select
        delivered.*,
        replacements.replaced_sequence
    from delivered
    inner join replacements
        on
            delivered.dataset_id = replacements.dataset_id
            and delivered.part_table = replacements.part_table
            and delivered.part_period = replacements.part_period
            and delivered.delivery_sequence = replacements.delivery_sequence
),

-- What the delivery before said word for word is not said anew.
compared as (
    select
        *,
        coalesce(
            delivery_sequence = lag(replaced_sequence) over cell_history
            and status = lag(status) over cell_history
            and value is not distinct from lag(value) over cell_history,
            false
        ) as is_repetition,
        coalesce(
            replaced_sequence = lead(delivery_sequence) over cell_history
            and status = lead(status) over cell_history
            and value is not distinct from lead(value) over cell_history,
            false
        ) as is_repeated
    from standing
    window cell_history as (
        partition by dataset_id, series, dimensions, region_label, period
        order by delivery_sequence nulls last
    )
),

-- The first and the last delivery that made a statement, which may be one.
bounds as (
    select
        *,
        case
            when is_repeated
                then lead(replaced_sequence) over (
                    partition by
                        dataset_id, series, dimensions, region_label, period
                    order by delivery_sequence nulls last
                )
            else replaced_sequence
        end as until_sequence,
        case
            when is_repeated
                then lead(delivery_sequence) over (
                    partition by
                        dataset_id, series, dimensions, region_label, period
                    order by delivery_sequence nulls last
                )
            else delivery_sequence
        end as said_sequence
    from compared
    where
        not is_repetition
        or not is_repeated
),

statements as (
    select * from bounds
    where not is_repetition
),

final as (
    select
        statements.dataset_id,
        statements.series,
        statements.dimensions,
        statements.region_label,
        regions.geography_id,
        regions.geography_level,
        statements.period_grain,
        statements.period_start,
        statements.delivery_sequence as seen_sequence,
        statements.said_sequence,
        statements.until_sequence as replaced_sequence,
        statements.status,
        statements.value
    from statements
    left join regions
        on
            statements.publisher = regions.publisher
            and upper(statements.region_label) = regions.region_key
)

select * from final
