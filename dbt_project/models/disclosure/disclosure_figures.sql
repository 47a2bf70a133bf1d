with

placed as (
    select * from {{ ref('int_count_figures') }}
),

final as (
    select distinct
        indicator_id,
        source_id,
        part,
        breakdown,
        category,
        count_id,
        cell_breakdown,
        cell_category,
        factor,
        is_amount
    from placed
    where not is_of_others
)

select * from final
