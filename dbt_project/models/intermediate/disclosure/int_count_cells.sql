with

placed as (
    select * from {{ ref('int_count_figures') }}
),

-- An amount has no count of its own: it shows as much as that of whom it is of.
shown as (
    select
        count_id,
        period_start,
        geography_id,
        cell_breakdown as breakdown,
        cell_category as category,
        cast(
            max(
                case
                    when not is_amount and not is_of_others
                        then round(amount * factor)
                end
            ) as bigint
        ) as value,
        cast(
            max(case when is_of_others then round(amount * factor) end)
            as bigint
        ) as value_of_others,
        count(
            distinct case
                when not is_amount and not is_of_others
                    then round(amount * factor)
            end
        ) as values_given,
        max(case when is_public_count then 1 else 0 end) = 1
            as is_public_count,
        min(others_of_largest) as others_of_largest
    from placed
    group by
        count_id,
        period_start,
        geography_id,
        cell_breakdown,
        cell_category
    having max(case when is_of_others then 0 else 1 end) = 1
),

-- A whole that no table shows follows from its parts.
summed as (
    select
        count_id,
        period_start,
        geography_id,
        breakdown as parts_by,
        sum(value) as value
    from shown
    where breakdown not like '%*%'
    group by
        count_id,
        period_start,
        geography_id,
        breakdown
),

implied as (
    select
        count_id,
        period_start,
        geography_id,
        'total' as breakdown,
        'total' as category,
        cast(max(value) as bigint) as value
    from summed
    group by
        count_id,
        period_start,
        geography_id
    having max(case when parts_by = 'total' then 1 else 0 end) = 0
),

united as (
    select
        count_id,
        period_start,
        geography_id,
        breakdown,
        category,
        value,
        values_given,
        others_of_largest,
        true as is_shown,
        -- What another publisher says is known where it is just the same.
        is_public_count or coalesce(value = value_of_others, false)
            as is_public
    from shown
    union all
    select
        count_id,
        period_start,
        geography_id,
        breakdown,
        category,
        value,
        1 as values_given,
        cast(null as double) as others_of_largest,
        false as is_shown,
        false as is_public
    from implied
),

final as (
    select
        *,
        {{ cell_id(
            'count_id',
            [
                'cast(period_start as string)',
                'geography_id',
                'breakdown',
                'category',
                "'count'",
            ]
        ) }} as cell_id
    from united
)

select * from final
