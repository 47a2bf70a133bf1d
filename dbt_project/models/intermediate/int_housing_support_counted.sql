with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'socialpsykiatri_insatser'
),

interventions as (
    select * from {{ ref('stg_register__socialpsykiatri_insatser') }}
),

decisions as (
    select * from {{ ref('int_housing_support_decisions') }}
),

supported as (
    select
        decisions.municipality_id,
        decisions.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['target_group', 'sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['target_group', 'sex', 'age_group']) }}
            as category,
        count(*) as persons,
        count(*) filter (where decisions.sex = 'kvinnor') as women,
        {{ reproducible('sum(decisions.hours_per_month)') }} as hours,
        {{ reproducible('stddev_samp(decisions.hours_per_month)') }}
            as hours_deviation,
        {{ two_largest('decisions.hours_per_month', 'hours') }}
    from decisions
    inner join crosswalk
        on
            decisions.municipality_id = crosswalk.municipality_id
            and decisions.board_name = crosswalk.board_name
            and decisions.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by {{ whole_and_each(
        [
            'decisions.municipality_id',
            'decisions.period_start',
            'crosswalk.geography_id',
        ],
        [
            'decisions.sex',
            'decisions.age_group',
            'decisions.sex, decisions.age_group',
            'decisions.target_group',
            'decisions.target_group, decisions.sex',
            'decisions.target_group, decisions.age_group',
        ]
    ) }}
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
            when interventions.intervention = 'boendestod' then 1 else 0
        end as is_housing_support
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

-- Each person once a year and board, with what the person has had there.
users as (
    select
        municipality_id,
        period_start,
        board_name,
        person_id,
        sex,
        age_group,
        max(is_housing_support) as has_housing_support
    from in_force
    group by
        municipality_id,
        period_start,
        board_name,
        person_id,
        sex,
        age_group
),

counted_users as (
    select
        users.municipality_id,
        users.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        count(distinct users.person_id) as persons,
        count(distinct users.person_id) filter (
            where users.has_housing_support = 1
        ) as supported,
        count(distinct users.person_id) filter (
            where users.sex = 'kvinnor'
        ) as women
    from users
    inner join crosswalk
        on
            users.municipality_id = crosswalk.municipality_id
            and users.board_name = crosswalk.board_name
            and users.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by {{ whole_and_each(
        ['users.municipality_id', 'users.period_start', 'crosswalk.geography_id'],
        ['users.sex', 'users.age_group', 'users.sex, users.age_group']
    ) }}
),

-- The whole register is one target group, which is how the share is shown.
target_group_users as (
    select
        municipality_id,
        period_start,
        geography_id,
        persons,
        supported,
        case breakdown
            when 'total' then 'target_group' else 'target_group*' || breakdown
        end as breakdown,
        case breakdown
            when 'total' then 'socialpsykiatri'
            else 'socialpsykiatri*' || category
        end as category
    from counted_users
    where {{ has_named_group() }} and breakdown <> 'sex*age_group'
),

final as (
    {{ measures_as_rows('supported', [
        {'indicator': 'housing_support_persons', 'numerator': 'persons'},
        {
            'indicator': 'housing_support_hours',
            'numerator': 'hours',
            'denominator': 'persons',
            'standard_deviation': 'hours_deviation',
            'observations': 'persons',
            'largest': 'hours',
            'where': "breakdown like 'target_group%'",
        },
        {
            'indicator': 'housing_support_women_share',
            'numerator': 'women',
            'denominator': 'persons',
            'where': "breakdown = 'target_group'",
        },
    ]) }}
    union all
    {{ measures_as_rows('counted_users', [
        {'indicator': 'social_psychiatry_users', 'numerator': 'persons'},
        {
            'indicator': 'social_psychiatry_supported_users',
            'numerator': 'supported',
            'where': "breakdown <> 'sex*age_group'",
        },
        {
            'indicator': 'social_psychiatry_women_share',
            'numerator': 'women',
            'denominator': 'persons',
            'where': "breakdown in ('total', 'age_group')",
        },
    ]) }}
    union all
    {{ measures_as_rows('target_group_users', [
        {
            'indicator': 'housing_support_share',
            'numerator': 'supported',
            'denominator': 'persons',
        },
    ]) }}
)

select * from final
