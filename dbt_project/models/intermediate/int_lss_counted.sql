with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

-- The day that Socialstyrelsen counts on; of a year that is not delivered so
-- far, its last day.
years as (
    select
        municipality_id,
        period_start,
        period_end,
        least(
            make_date(cast(extract(year from period_start) as integer), 10, 1),
            period_end
        ) as count_day
    from {{ ref('int_register_years') }}
    where register_name = 'lss_insatser'
),

interventions as (
    select * from {{ ref('stg_register__lss_insatser') }}
),

in_force as (
    select
        interventions.municipality_id,
        years.period_start,
        interventions.board_name,
        interventions.person_id,
        interventions.sex,
        {{ age_group_of_year('interventions', 'years.period_start') }}
            as age_group,
        case
            when interventions.intervention = 'personlig_assistans' then 1
            else 0
        end as is_assistance,
        case
            when interventions.intervention = 'daglig_verksamhet' then 1
            else 0
        end as is_daily_activity,
        case
            when interventions.intervention in ('boende_barn', 'boende_vuxna')
                then 1
            else 0
        end as is_housing,
        case
            when
                interventions.intervention in (
                    'avlosarservice', 'korttidsvistelse', 'korttidstillsyn'
                )
                then 1
            else 0
        end as is_relief
    from interventions
    inner join years
        on
            interventions.municipality_id = years.municipality_id
            and interventions.start_date <= years.count_day
            and (
                interventions.end_date is null
                or interventions.end_date >= years.count_day
            )
),

-- Each person once a year and place, with what the person has there.
persons as (
    select
        in_force.municipality_id,
        in_force.period_start,
        crosswalk.geography_id,
        in_force.person_id,
        in_force.sex,
        in_force.age_group,
        max(in_force.is_assistance) as has_assistance,
        max(in_force.is_daily_activity) as has_daily_activity,
        max(in_force.is_housing) as has_housing,
        max(in_force.is_relief) as has_relief
    from in_force
    inner join crosswalk
        on
            in_force.municipality_id = crosswalk.municipality_id
            and in_force.board_name = crosswalk.board_name
            and in_force.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        in_force.municipality_id,
        in_force.period_start,
        crosswalk.geography_id,
        in_force.person_id,
        in_force.sex,
        in_force.age_group
),

counted as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        count(distinct person_id) as persons,
        count(distinct case when has_assistance = 1 then person_id end)
            as with_assistance,
        count(distinct case when has_daily_activity = 1 then person_id end)
            as in_daily_activity,
        count(distinct case when has_housing = 1 then person_id end)
            as in_housing,
        count(distinct case when has_relief = 1 then person_id end)
            as with_relief
    from persons
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'],
        ['sex', 'age_group', 'sex, age_group']
    ) }}
),

-- A decision that has had three months of the year to be carried out.
decided as (
    select
        interventions.municipality_id,
        years.period_start,
        crosswalk.geography_id,
        interventions.person_id,
        interventions.sex,
        max(
            case
                when
                    interventions.start_date is null
                    or {{ days_between(
                        'interventions.decision_date',
                        'interventions.start_date'
                    ) }} > {{ var('lss_days_to_carry_out') }}
                    then 1
                else 0
            end
        ) as has_waited
    from interventions
    inner join years
        on
            interventions.municipality_id = years.municipality_id
            and interventions.decision_date >= years.period_start
            and {{ days_between(
                'interventions.decision_date', 'years.period_end'
            ) }} >= {{ var('lss_days_to_carry_out') }}
    inner join crosswalk
        on
            interventions.municipality_id = crosswalk.municipality_id
            and interventions.board_name = crosswalk.board_name
            and years.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        interventions.municipality_id,
        years.period_start,
        crosswalk.geography_id,
        interventions.person_id,
        interventions.sex
),

counted_decided as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex']) }} as breakdown,
        {{ breakdown_category(['sex']) }} as category,
        count(distinct person_id) as persons,
        count(distinct case when has_waited = 1 then person_id end) as waited
    from decided
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'], ['sex']
    ) }}
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'lss_persons', 'numerator': 'persons'},
        {
            'indicator': 'lss_personal_assistance',
            'numerator': 'with_assistance',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'lss_daily_activity',
            'numerator': 'in_daily_activity',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'lss_housing',
            'numerator': 'in_housing',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'lss_relief',
            'numerator': 'with_relief',
            'where': "breakdown in ('total', 'sex')",
        },
    ]) }}
    union all
    {{ measures_as_rows('counted_decided', [
        {
            'indicator': 'lss_waiting_share',
            'numerator': 'waited',
            'denominator': 'persons',
        },
    ]) }}
)

select * from final
