with

members as (
    select * from {{ ref('int_open_comparison_members') }}
),

asked as (
    select distinct
        indicator_id,
        year,
        wording
    from members
),

-- A question may have been left out of a year's survey.
surveys as (
    select
        *,
        lag(year) over (
            partition by indicator_id
            order by year nulls last
        ) as previous_year,
        lag(wording) over (
            partition by indicator_id
            order by year nulls last
        ) as previous_wording
    from asked
),

-- A unit that the question is not for is not one of those who could answer.
counted as (
    select
        indicator_id,
        year,
        is_of_municipality,
        group_type,
        group_code,
        group_name,
        cast(coalesce(sum(answer), 0) as bigint) as said_yes,
        count(answer) as answered,
        count(case when status <> 'not_applicable' then 1 end) as units
    from members
    group by
        indicator_id,
        year,
        is_of_municipality,
        group_type,
        group_code,
        group_name
),

-- The same unit both years, in the group that it is in now.
both_times as (
    select
        members.indicator_id,
        members.year,
        members.group_type,
        members.group_code,
        count(*) as matched_units,
        count(case when members.answer > earlier.answer then 1 end) as gained,
        count(case when members.answer < earlier.answer then 1 end) as lost
    from members
    inner join surveys
        on
            members.indicator_id = surveys.indicator_id
            and members.year = surveys.year
            and surveys.wording = surveys.previous_wording
    inner join members as earlier
        on
            members.indicator_id = earlier.indicator_id
            and members.unit_id = earlier.unit_id
            and surveys.previous_year = earlier.year
            and earlier.group_type = 'riket'
    where
        members.answer is not null
        and earlier.answer is not null
    group by
        members.indicator_id,
        members.year,
        members.group_type,
        members.group_code
),

final as (
    select
        counted.indicator_id,
        counted.year,
        surveys.previous_year,
        counted.is_of_municipality,
        counted.group_type,
        counted.group_code,
        counted.group_name,
        counted.units,
        counted.answered,
        counted.said_yes,
        earlier.units as previous_units,
        earlier.answered as previous_answered,
        earlier.said_yes as previous_said_yes,
        coalesce(surveys.wording <> surveys.previous_wording, false)
            as is_break,
        coalesce(both_times.matched_units, 0) as matched_units,
        coalesce(both_times.gained, 0) as gained,
        coalesce(both_times.lost, 0) as lost
    from counted
    inner join surveys
        on
            counted.indicator_id = surveys.indicator_id
            and counted.year = surveys.year
    left join counted as earlier
        on
            counted.indicator_id = earlier.indicator_id
            and surveys.previous_year = earlier.year
            and counted.group_type = earlier.group_type
            and counted.group_code = earlier.group_code
    left join both_times
        on
            counted.indicator_id = both_times.indicator_id
            and counted.year = both_times.year
            and counted.group_type = both_times.group_type
            and counted.group_code = both_times.group_code
)

select * from final
