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
    select
        interventions.municipality_id,
        years.period_start,
        interventions.board_name,
        interventions.person_id,
        interventions.sex,
        {{ age_group_of_year('interventions', 'years.period_start') }}
            as age_group,
        case when interventions.form = 'oppenvard' then 1 else 0 end
            as is_outpatient,
        case when interventions.form = 'institution' then 1 else 0 end
            as is_institution,
        case
            when
                interventions.form = 'institution'
                and interventions.legal_basis = 'lvm'
                then 1
            else 0
        end as is_compulsory,
        -- Days of the year, the first and the last among them.
        case
            when
                interventions.form in ('institution', 'familjehem', 'boende')
                then {{ days_between(
                    'greatest(interventions.start_date, years.period_start)',
                    'least(
                        coalesce(interventions.end_date, years.period_end),
                        years.period_end
                    )'
                ) }} + 1
            else 0
        end as care_days
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

-- Each person once a year and place, with what the person has had there.
persons as (
    select
        in_force.municipality_id,
        in_force.period_start,
        crosswalk.geography_id,
        in_force.person_id,
        in_force.sex,
        in_force.age_group,
        max(in_force.is_outpatient) as has_outpatient,
        max(in_force.is_institution) as has_institution,
        max(in_force.is_compulsory) as has_compulsory,
        sum(in_force.care_days) as care_days
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
        count(distinct case when has_outpatient = 1 then person_id end)
            as outpatients,
        count(distinct case when has_institution = 1 then person_id end)
            as in_institutions,
        count(distinct case when has_compulsory = 1 then person_id end)
            as under_compulsion,
        count(case when care_days > 0 then 1 end) as in_care,
        sum(care_days) as care_days,
        {{ reproducible(
            'stddev_samp(case when care_days > 0 then care_days end)'
        ) }} as care_days_deviation,
        {{ two_largest('care_days') }}
    from persons
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id'],
        ['sex', 'age_group', 'sex, age_group']
    ) }}
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'substance_use_persons', 'numerator': 'persons'},
        {
            'indicator': 'substance_use_institution_persons',
            'numerator': 'in_institutions',
        },
        {
            'indicator': 'substance_use_compulsory_persons',
            'numerator': 'under_compulsion',
        },
        {
            'indicator': 'substance_use_outpatient_share',
            'numerator': 'outpatients',
            'denominator': 'persons',
        },
        {
            'indicator': 'substance_use_compulsory_share',
            'numerator': 'under_compulsion',
            'denominator': 'in_institutions',
        },
        {
            'indicator': 'substance_use_care_days',
            'numerator': 'care_days',
            'denominator': 'in_care',
            'standard_deviation': 'care_days_deviation',
            'observations': 'in_care',
            'largest': 'care_days',
        },
    ]) }}
)

select * from final
