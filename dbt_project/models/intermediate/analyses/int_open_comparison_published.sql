with

observations as (
    select
        *,
        {{ json_text('dimensions', 'grupptyp') }} as group_type,
        {{ json_text('dimensions', 'kommungrupp') }} as group_name
    from {{ ref('int_observations_located') }}
    where
        dataset_id = 'socialstyrelsen_open_comparisons_2020'
        and replaced_sequence is null
),

indicator_series as (
    select * from {{ ref('indicator_series') }}
),

final as (
    select
        indicator_series.indicator_id,
        observations.group_type,
        observations.group_name,
        cast(extract(year from observations.period_start) as integer)
            as year,
        case observations.group_type
            when 'riket' then 'SE'
            else observations.region_label
        end as group_code,
        cast(observations.value as double) / indicator_series.divisor as share
    from observations
    inner join indicator_series
        on
            observations.dataset_id = indicator_series.dataset_id
            and observations.series = indicator_series.series
)

select * from final
