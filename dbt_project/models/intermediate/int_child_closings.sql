with

reports as (
    select * from {{ ref('int_child_reports') }}
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'barn_unga_arenden'
),

last_days as (
    select
        municipality_id,
        max(period_end) as last_day
    from years
    group by municipality_id
),

-- A case without an end is open still.
ordered as (
    select
        *,
        coalesce(closed_date, make_date(9999, 12, 31)) as open_to,
        max(coalesce(closed_date, make_date(9999, 12, 31))) over (
            partition by municipality_id, person_id
            order by reported_date nulls last, case_id nulls last
            rows between unbounded preceding and 1 preceding
        ) as earlier_open_to
    from reports
),

-- What is reported while another case is open belongs to the same spell.
spells as (
    select
        *,
        sum(case when reported_date <= earlier_open_to then 0 else 1 end) over (
            partition by municipality_id, person_id
            order by reported_date nulls last, case_id nulls last
            rows between unbounded preceding and current row
        ) as spell
    from ordered
),

ranked as (
    select
        *,
        min(reported_date) over (
            partition by municipality_id, person_id, spell
        ) as spell_start,
        row_number() over (
            partition by municipality_id, person_id, spell
            order by
                open_to desc nulls last,
                reported_date desc nulls last,
                case_id desc nulls last
        ) as place
    from spells
),

closings as (
    select
        *,
        lead(spell_start) over (
            partition by municipality_id, person_id
            order by spell nulls last
        ) as next_date
    from ranked
    where place = 1
),

final as (
    select
        closings.municipality_id,
        closings.person_id,
        closings.case_id,
        closings.sex,
        closings.age_band,
        closings.age_group,
        closings.board_name,
        closings.contact_reason,
        closings.history,
        case
            when closings.is_granted then 'insats'
            when closings.is_investigated then 'utredning_utan_insats'
            else 'forhandsbedomning'
        end as outcome,
        closings.closed_date,
        {{ year_start('closings.closed_date') }} as period_start,
        greatest(
            {{ days_between(
                'closings.closed_date',
                'coalesce(closings.next_date, last_days.last_day)'
            ) }},
            0
        ) as days,
        closings.next_date is not null as is_reported_again
    from closings
    inner join last_days
        on closings.municipality_id = last_days.municipality_id
    where
        closings.closed_date is not null
        and closings.closed_date <= last_days.last_day
)

select * from final
