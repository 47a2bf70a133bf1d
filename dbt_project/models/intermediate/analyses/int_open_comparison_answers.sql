with

delivered as (
    select * from {{ ref('stg_socialstyrelsen__oj_answers') }}
),

-- A workbook is a year, and a later one of the same year replaces it whole.
latest as (
    select
        year,
        max(delivery_sequence) as delivery_sequence
    from delivered
    group by year
),

standing as (
    select delivered.*
    from delivered
    inner join latest
        on
            delivered.year = latest.year
            and delivered.delivery_sequence = latest.delivery_sequence
),

-- Whether a municipality has answered a part at all is asked of it and not of
-- its districts: one of them is enough.
whole as (
    select
        municipality_id,
        indicator_id,
        year,
        max(wording) as wording,
        max(answer) as answer
    from standing
    where counted_by = 'municipality'
    group by municipality_id, indicator_id, year
),

final as (
    select
        municipality_id,
        unit_id,
        district_name,
        indicator_id,
        year,
        wording,
        false as is_of_municipality,
        status,
        answer
    from standing
    where counted_by = 'unit'
    union all
    select
        municipality_id,
        municipality_id as unit_id,
        '' as district_name,
        indicator_id,
        year,
        wording,
        true as is_of_municipality,
        case when answer is null then 'missing' else 'observed' end as status,
        answer
    from whole
)

select * from final
