with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'barn_unga_oppenvard'
),

interventions as (
    select * from {{ ref('stg_register__barn_unga_oppenvard') }}
),

in_force as (
    select
        interventions.municipality_id,
        years.period_start,
        interventions.board_name,
        interventions.person_id,
        interventions.sex,
        interventions.intervention as insats,
        {{ age_group_of_year('interventions', 'years.period_start') }}
            as age_group,
        case
            when
                interventions.intervention in (
                    'kontaktperson',
                    'kontaktfamilj',
                    'sarskilt_kvalificerad_kontaktperson'
                )
                then 1
            else 0
        end as is_contact
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

-- Each child once a year and place with each insats that the child has had
-- there.
children as (
    select
        in_force.municipality_id,
        in_force.period_start,
        crosswalk.geography_id,
        in_force.person_id,
        in_force.sex,
        in_force.age_group,
        in_force.insats,
        max(in_force.is_contact) as has_contact
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
        in_force.age_group,
        in_force.insats
),

counted as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(['sex', 'age_group', 'insats']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group', 'insats']) }} as category,
        count(distinct person_id) as children,
        count(distinct case when has_contact = 1 then person_id end)
            as with_contacts
    from children
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'],
        ['sex', 'age_group', 'insats']
    ) }}
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'children_in_open_care', 'numerator': 'children'},
        {
            'indicator': 'children_with_contacts_share',
            'numerator': 'with_contacts',
            'denominator': 'children',
            'where': "breakdown in ('total', 'sex')",
        },
    ]) }}
)

select * from final
