with

answers as (
    select * from {{ ref('int_open_comparison_answers') }}
),

municipality_groups as (
    select * from {{ ref('municipality_groups') }}
),

final as (
    select
        municipality_id,
        unit_id,
        district_name,
        indicator_id,
        year,
        wording,
        is_of_municipality,
        status,
        answer,
        'riket' as group_type,
        'SE' as group_code,
        'Riket' as group_name
    from answers
    union all
    select
        answers.municipality_id,
        answers.unit_id,
        answers.district_name,
        answers.indicator_id,
        answers.year,
        answers.wording,
        answers.is_of_municipality,
        answers.status,
        answers.answer,
        municipality_groups.group_type,
        municipality_groups.group_code,
        municipality_groups.group_name
    from answers
    inner join municipality_groups
        on
            answers.municipality_id = municipality_groups.municipality_id
            and answers.year >= municipality_groups.year_from
            and answers.year <= municipality_groups.year_to
)

select * from final
