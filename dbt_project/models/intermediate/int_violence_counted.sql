with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'vald_arenden'
),

placements as (
    select
        placed.municipality_id,
        placed.board_name,
        placed.person_id,
        placed.sex,
        {{ age_group_of_year('placed', year_start('placed.decision_date')) }}
            as age_group,
        placed.accompanying_children,
        {{ year_start('placed.decision_date') }} as period_start,
        placed.housing_form = 'skyddat_boende' as is_protected,
        placed.housing_form = 'jourlagenhet' as is_emergency
    from {{ ref('stg_register__skyddat_boende_placeringar') }} as placed
    where placed.reason in ('vald_nara_relation', 'hedersrelaterat')
),

counselling as (
    select
        talks.municipality_id,
        talks.board_name,
        talks.person_id,
        talks.sex,
        {{ age_group_of_year('talks', year_start('talks.start_date')) }}
            as age_group,
        talks.role,
        talks.form,
        talks.is_granted_by_decision,
        {{ year_start('talks.start_date') }} as period_start
    from {{ ref('stg_register__rvc_samtalsstod') }} as talks
),

cases as (
    select * from {{ ref('stg_register__vald_arenden') }}
),

-- A case belongs to every year in which it was open.
open_cases as (
    select
        cases.municipality_id,
        cases.board_name,
        cases.person_id,
        cases.sex,
        {{ age_group_of_year('cases', 'years.period_start') }} as age_group,
        cases.role,
        cases.closed_date,
        years.period_start,
        years.period_end
    from cases
    inner join years
        on
            cases.municipality_id = years.municipality_id
            and cases.reported_date <= years.period_end
            and (
                cases.closed_date is null
                or cases.closed_date >= years.period_start
            )
),

counted_placements as (
    select
        placements.municipality_id,
        placements.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        count(distinct placements.person_id) filter (
            where placements.is_protected
        ) as protected_persons,
        count(*) filter (where placements.is_protected)
            as protected_decisions,
        coalesce(sum(placements.accompanying_children) filter (
            where placements.is_protected
        ), 0) as protected_children,
        count(distinct placements.person_id) filter (
            where placements.is_emergency
        ) as emergency_persons,
        count(distinct placements.person_id) filter (
            where placements.is_emergency and placements.sex = 'kvinnor'
        ) as emergency_women,
        coalesce(sum(placements.accompanying_children) filter (
            where placements.is_emergency
        ), 0) as emergency_children
    from placements
    inner join crosswalk
        on
            placements.municipality_id = crosswalk.municipality_id
            and placements.board_name = crosswalk.board_name
            and placements.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by {{ whole_and_each(
        [
            'placements.municipality_id',
            'placements.period_start',
            'crosswalk.geography_id',
        ],
        [
            'placements.sex',
            'placements.age_group',
            'placements.sex, placements.age_group',
        ]
    ) }}
),

counted_counselling as (
    select
        counselling.municipality_id,
        counselling.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        count(distinct counselling.person_id) filter (
            where counselling.is_granted_by_decision
        ) as granted_persons,
        count(distinct counselling.person_id) as contacts,
        count(distinct counselling.person_id) filter (
            where counselling.role = 'valdsutsatt'
        ) as victims,
        count(distinct counselling.person_id) filter (
            where counselling.form = 'grupp'
        ) as group_participants
    from counselling
    inner join crosswalk
        on
            counselling.municipality_id = crosswalk.municipality_id
            and counselling.board_name = crosswalk.board_name
            and counselling.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by {{ whole_and_each(
        [
            'counselling.municipality_id',
            'counselling.period_start',
            'crosswalk.geography_id',
        ],
        [
            'counselling.sex',
            'counselling.age_group',
            'counselling.sex, counselling.age_group',
        ]
    ) }}
),

counted_cases as (
    select
        open_cases.municipality_id,
        open_cases.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        count(distinct open_cases.person_id) filter (
            where open_cases.role = 'valdsutsatt'
        ) as victims,
        count(*) filter (
            where open_cases.closed_date is null
            or open_cases.closed_date > open_cases.period_end
        ) as open_at_year_end
    from open_cases
    inner join crosswalk
        on
            open_cases.municipality_id = crosswalk.municipality_id
            and open_cases.board_name = crosswalk.board_name
            and open_cases.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by {{ whole_and_each(
        [
            'open_cases.municipality_id',
            'open_cases.period_start',
            'crosswalk.geography_id',
        ],
        [
            'open_cases.sex',
            'open_cases.age_group',
            'open_cases.sex, open_cases.age_group',
        ]
    ) }}
),

final as (
    {{ measures_as_rows('counted_placements', [
        {
            'indicator': 'protected_housing_persons',
            'numerator': 'protected_persons',
        },
        {
            'indicator': 'protected_housing_decisions',
            'numerator': 'protected_decisions',
        },
        {
            'indicator': 'protected_housing_children',
            'numerator': 'protected_children',
            'where': "breakdown in ('total', 'sex')",
        },
        {
            'indicator': 'emergency_flat_persons',
            'numerator': 'emergency_persons',
        },
        {
            'indicator': 'emergency_flat_women',
            'numerator': 'emergency_women',
            'where': "breakdown in ('total', 'age_group')",
        },
        {
            'indicator': 'emergency_flat_children',
            'numerator': 'emergency_children',
            'where': "breakdown in ('total', 'sex')",
        },
    ]) }}
    union all
    {{ measures_as_rows('counted_counselling', [
        {'indicator': 'rvc_counselling_persons', 'numerator': 'granted_persons'},
        {'indicator': 'rvc_counselling_granted', 'numerator': 'granted_persons'},
        {'indicator': 'rvc_contacts', 'numerator': 'contacts'},
        {'indicator': 'rvc_victims', 'numerator': 'victims'},
        {
            'indicator': 'rvc_group_participants',
            'numerator': 'group_participants',
        },
    ]) }}
    union all
    {{ measures_as_rows('counted_cases', [
        {'indicator': 'ipv_victims_known', 'numerator': 'victims'},
        {'indicator': 'rvt_cases', 'numerator': 'open_at_year_end'},
    ]) }}
)

select * from final
