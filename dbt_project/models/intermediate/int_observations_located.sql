with

observations as (
    {% for publisher in [
        'bra', 'kronofogden', 'scb', 'socialstyrelsen', 'stockholm'
    ] %}
        select
            '{{ publisher }}' as publisher,
            *
        from {{ ref('stg_' ~ publisher ~ '__observations') }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
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
            like concat('%"', observations.region_label, '"%')
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

final as (
    select
        observations.delivery_id,
        observations.dataset_id,
        observations.series,
        observations.dimensions,
        observations.region_label,
        regions.geography_id,
        regions.geography_level,
        observations.period_grain,
        observations.period_start,
        case
            when lossy_cells.delivery_id is null then observations.status
            else 'missing'
        end as status,
        case
            when lossy_cells.delivery_id is null then observations.value
        end as value
    from observations
    left join regions
        on
            observations.publisher = regions.publisher
            and upper(observations.region_label) = regions.region_key
    left join lossy_cells
        on
            observations.delivery_id = lossy_cells.delivery_id
            and observations.dataset_id = lossy_cells.dataset_id
            and observations.region_label = lossy_cells.region_label
            and observations.period = lossy_cells.period
)

select * from final
