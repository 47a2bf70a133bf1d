with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

answers as (
    select
        *,
        make_date(cast(left(delivery_period, 4) as integer), 1, 1)
            as period_start
    from {{ ref('stg_register__hemloshet_kartlaggning') }}
),

populations as (
    select * from {{ ref('int_district_populations') }}
),

-- Where a year has two surveys, its last one is the year's, also if it found
-- nobody.
surveys as (
    select
        municipality_id,
        max(delivery_period) as delivery_period
    from {{ ref('stg_register__deliveries') }}
    where register_name = 'hemloshet_kartlaggning'
    group by municipality_id, left(delivery_period, 4)
),

counted as (
    select
        answers.municipality_id,
        answers.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex', 'age_group', 'situation', 'reason']) }}
            as breakdown,
        {{ breakdown_category(['sex', 'age_group', 'situation', 'reason']) }}
            as category,
        count(*) as persons,
        count(*) filter (where answers.sex = 'kvinnor') as women,
        count(*) filter (
            where answers.time_in_homelessness = 'mer_an_3_ar'
        ) as for_long,
        count(*) filter (where answers.children > 0) as parents,
        sum(answers.children) as children
    from answers
    inner join surveys
        on
            answers.municipality_id = surveys.municipality_id
            and answers.delivery_period = surveys.delivery_period
    inner join crosswalk
        on
            answers.municipality_id = crosswalk.municipality_id
            and answers.board_name = crosswalk.board_name
            and answers.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by {{ whole_and_each(
        [
            'answers.municipality_id',
            'answers.period_start',
            'crosswalk.geography_id',
        ],
        [
            'answers.sex',
            'answers.age_group',
            'answers.sex, answers.age_group',
            'answers.situation',
            'answers.reason',
        ]
    ) }}
),

counted_of_residents as (
    select
        counted.*,
        populations.population as residents
    from counted
    left join populations
        on
            counted.municipality_id = populations.municipality_id
            and counted.period_start = populations.period_start
            and counted.geography_id = populations.geography_id
            and counted.breakdown = populations.breakdown
            and counted.category = populations.category
),

final as (
    {{ measures_as_rows('counted', [
        {
            'indicator': 'homeless_persons',
            'numerator': 'persons',
            'where': "(breakdown not in ('situation', 'reason')"
                ~ " or geography_id = municipality_id)",
        },
        {
            'indicator': 'homeless_women_share',
            'numerator': 'women',
            'denominator': 'persons',
            'where': "breakdown in ('total', 'age_group')",
        },
        {
            'indicator': 'homeless_long_share',
            'numerator': 'for_long',
            'denominator': 'persons',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'homeless_parents_share',
            'numerator': 'parents',
            'denominator': 'persons',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'homeless_children',
            'numerator': 'children',
            'where': "breakdown in ('total', 'sex')",
        },
    ]) }}
    union all
    {{ measures_as_rows('counted_of_residents', [
        {
            'indicator': 'homeless_per_10000',
            'numerator': 'persons',
            'denominator': 'residents',
            'where': "(breakdown = 'total'"
                ~ " or (breakdown = 'sex' and residents > 0))",
        },
    ]) }}
)

select * from final
