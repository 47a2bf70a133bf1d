with

decisions as (
    select * from {{ ref('int_refusal_decisions') }}
),

last_months as (
    select
        municipality_id,
        max(month_number) as last_month
    from decisions
    group by municipality_id
),

household_months as (
    select
        municipality_id,
        household_number,
        month_number,
        period_start,
        max(application_kind) as application_kind,
        max(case when full_refusals = 1 then ground end) as ground,
        max(1 - full_refusals) as is_granted,
        max(full_refusals) as is_refused
    from decisions
    group by municipality_id, household_number, month_number, period_start
),

followed as (
    select
        *,
        lead(month_number) over (
            partition by municipality_id, household_number
            order by month_number nulls last
        ) as next_month,
        lead(is_granted) over (
            partition by municipality_id, household_number
            order by month_number nulls last
        ) as is_granted_next
    from household_months
),

final as (
    select
        followed.municipality_id,
        followed.household_number,
        followed.month_number,
        followed.period_start,
        followed.application_kind,
        followed.ground,
        coalesce(followed.next_month, last_months.last_month)
        - followed.month_number as months,
        case
            when followed.next_month is null then 0
            when followed.is_granted_next = 1 then 1
            else 2
        end as event
    from followed
    inner join last_months
        on followed.municipality_id = last_months.municipality_id
    where
        followed.is_refused = 1
        -- What was refused in the last month is followed by nothing.
        and followed.month_number < last_months.last_month
)

select * from final
