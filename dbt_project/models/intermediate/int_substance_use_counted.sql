with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'missbruk_insatser'
),

interventions as (
    select * from {{ ref('stg_register__missbruk_insatser') }}
),

in_force as (
    select distinct
        interventions.municipality_id,
        years.period_start,
        interventions.board_name,
        interventions.person_id,
        interventions.sex,
        {{ age_group_of_year('interventions', 'years.period_start') }}
            as age_group
    from interventions
    inner join years
        on
            interventions.municipality_id = years.municipality_id
            and interventions.start_date <= years.period_end
            and (
                interventions.end_date is null
                or interventions.end_date >= years.period_start
            )
),

counted as (
    select
        in_force.municipality_id,
        in_force.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        count(distinct in_force.person_id) as persons
    from in_force
    inner join crosswalk
        on
            in_force.municipality_id = crosswalk.municipality_id
            and in_force.board_name = crosswalk.board_name
            and in_force.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by {{ whole_and_each(
        [
            'in_force.municipality_id',
            'in_force.period_start',
            'crosswalk.geography_id',
        ],
        ['in_force.sex', 'in_force.age_group', 'in_force.sex, in_force.age_group']
    ) }}
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'substance_use_persons', 'numerator': 'persons'},
    ]) }}
)

select * from final
