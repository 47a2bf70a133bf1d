with

reports as (
    select * from {{ ref('int_child_reports') }}
),

ordered as (
    select
        *,
        row_number() over (
            partition by municipality_id, person_id
            order by reported_date nulls last, case_id nulls last
        ) as place
    from reports
),

-- Of those whose first report is not in the register nobody knows when they
-- came.
firsts as (
    select
        municipality_id,
        person_id,
        sex,
        age_group,
        reported_date as first_date
    from ordered
    where place = 1 and previous_cases = 0
),

granted as (
    select
        *,
        row_number() over (
            partition by municipality_id, person_id
            order by closed_date nulls last, case_id nulls last
        ) as place
    from reports
    where is_granted and closed_date is not null
),

final as (
    select
        firsts.municipality_id,
        firsts.person_id,
        firsts.sex,
        firsts.age_group,
        firsts.first_date,
        {{ year_start('firsts.first_date') }} as period_start,
        granted.closed_date as granted_date,
        granted.previous_cases as cases_before
    from firsts
    left join granted
        on
            firsts.municipality_id = granted.municipality_id
            and firsts.person_id = granted.person_id
            and granted.place = 1
)

select * from final
