with

vintages as (
    select
        *,
        min(value) over cell_history as lowest_value,
        max(value) over cell_history as highest_value
    from {{ ref('int_statistics_vintages') }}
    window cell_history as (
        partition by
            indicator_id,
            dataset_id,
            geography_id,
            period_grain,
            breakdown,
            category,
            period_start,
            definition_number
    )
),

-- A final figure that is not the only one its publisher has given is revised.
final as (
    select
        indicator_id,
        dataset_id,
        geography_id,
        period_grain,
        breakdown,
        category,
        period_start,
        case
            when
                status = 'observed'
                and (
                    {{ figures_differ('lowest_value', 'value') }}
                    or {{ figures_differ('highest_value', 'value') }}
                )
                then 'revised'
            else status
        end as status,
        value
    from vintages
    where
        is_current
        and status is not null
)

select * from final
