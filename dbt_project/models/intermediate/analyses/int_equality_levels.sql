-- Every level that is compared: events over a base. A count of persons is over
-- the residents of the same sex, age and place; a share over its own
-- denominator; a mean over persons, and money over those who get it.
with

catalogue as (
    select * from {{ ref('indicators') }}
),

units as (
    select * from {{ ref('units') }}
),

united as (
    select * from {{ ref('int_indicators_united') }}
),

populations as (
    select * from {{ ref('int_district_populations') }}
),

clusters as (
    select * from {{ ref('int_equality_clusters') }}
),

-- The boards of the year that are there still, and the municipality.
places as (
    select distinct
        municipality_id,
        geography_id
    from {{ ref('int_geography_crosswalk') }}
    where counts_to = make_date(9999, 12, 31)
),

compared as (
    select
        catalogue.indicator_id,
        catalogue.area,
        catalogue.measure,
        case
            when catalogue.indicator_id = 'assistance_recipients'
                then 'residents'
            when catalogue.unit = 'kvinnor' then 'women'
            when
                catalogue.unit = 'barn'
                or catalogue.area in ('barn_och_unga', 'familjeratt')
                then 'children'
            else 'adults'
        end as population,
        catalogue.unit = 'barn' as is_of_children
    from catalogue
    inner join units on catalogue.unit = units.unit
    where
        -- The same by another name, or as many a year and child.
        catalogue.indicator_id not in (
            'assistance_children_share',
            'assistance_young_adults_share',
            'child_cases_per_100',
            'child_cases_girls_share',
            'homeless_per_10000',
            'homeless_women_share',
            'rvc_counselling_granted',
            'social_psychiatry_women_share',
            -- The same cases, reported or investigated.
            'child_investigations',
            'child_reports',
            -- The same cases, by type.
            'family_law_agreements',
            'family_law_custody_investigations',
            'family_law_custody_investigations_ended',
            'family_law_paternities',
            'family_law_talks',
            -- Of persons who are counted themselves.
            'protected_housing_decisions',
            'rvt_cases',
            'social_psychiatry_supported_users',
            'substance_use_compulsory_persons',
            'substance_use_institution_persons',
            -- Of all ages, and the bases are of children or of adults.
            'children_in_open_care',
            'children_placed',
            'lss_daily_activity',
            'lss_housing',
            'lss_personal_assistance',
            'lss_persons',
            'lss_relief',
            -- Children of one family come together, in families not known.
            'emergency_flat_children',
            'evicted_children',
            'protected_housing_children'
        )
        and catalogue.source_id not in (
            'befolkning_stadsdel', 'hushall_stadsdel', 'socioekonomi_stadsdel'
        )
        and (
            units.is_of_persons
            or catalogue.measure in ('proportion', 'mean')
        )
),

people as (
    select
        municipality_id,
        period_start,
        geography_id,
        split_part(category, '*', 1) as sex,
        split_part(category, '*', 2) as age_group,
        population as persons
    from populations
    where breakdown = 'sex*age_group'
),

classes as (
    select
        *,
        'residents' as population
    from people
    union all
    select
        *,
        case
            when age_group in ('0-6', '7-12', '13-17') then 'children'
            else 'adults'
        end as population
    from people
    union all
    select
        *,
        'women' as population
    from people
    where
        sex = 'kvinnor'
        and age_group in ('18-24', '25-44', '45-64', '65+')
),

bases as (
    select
        municipality_id,
        period_start,
        geography_id,
        population,
        {{ breakdown_name(['sex', 'age_group']) }} as breakdown,
        {{ breakdown_category(['sex', 'age_group']) }} as category,
        sum(persons) as persons
    from classes
    group by {{ whole_and_each(
        ['municipality_id', 'period_start', 'geography_id', 'population'],
        ['sex', 'age_group', 'sex, age_group']
    ) }}
),

measured as (
    select
        united.*,
        compared.area,
        compared.measure,
        compared.is_of_children,
        places.geography_id = places.municipality_id as is_city,
        -- Children's own sex and age are not known where adults are in the
        -- register; recipients by sex and age are the adults.
        case
            when
                compared.population = 'residents'
                and united.breakdown <> 'total'
                then 'adults'
            else compared.population
        end as population,
        case
            when compared.measure = 'count' then 'rate'
            when compared.measure = 'proportion' then 'share'
            when compared.measure = 'amount' then 'money'
            else 'mean'
        end as kind
    from united
    inner join compared on united.indicator_id = compared.indicator_id
    inner join places
        on
            united.municipality_id = places.municipality_id
            and united.geography_id = places.geography_id
    where
        united.is_from_register
        and united.status in ('observed', 'preliminary')
        and not (
            compared.is_of_children
            and united.breakdown <> 'total'
        )
),

sums as (
    select
        measured.municipality_id,
        measured.indicator_id,
        measured.area,
        measured.kind,
        measured.period_start,
        measured.geography_id,
        measured.is_city,
        measured.breakdown,
        measured.category,
        measured.numerator as events,
        case measured.kind
            when 'rate' then cast(bases.persons as double)
            when 'share' then measured.denominator
            else cast(measured.observations as double)
        end as base,
        case measured.kind
            when 'rate'
                then coalesce(clusters.events_squared, measured.numerator)
            when 'share'
                then coalesce(clusters.events_squared, measured.numerator)
            else
                (measured.observations - 1)
                * power(measured.standard_deviation, 2)
                + power(measured.numerator, 2) / measured.observations
        end as events_squared,
        case measured.kind
            when 'rate' then 0e0
            when 'share' then coalesce(clusters.product, measured.numerator)
            else measured.numerator
        end as product,
        case measured.kind
            when 'rate' then 0e0
            when 'share'
                then coalesce(clusters.base_squared, measured.denominator)
            else cast(measured.observations as double)
        end as base_squared
    from measured
    left join bases
        on
            measured.municipality_id = bases.municipality_id
            and measured.period_start = bases.period_start
            and measured.geography_id = bases.geography_id
            and measured.population = bases.population
            and measured.breakdown = bases.breakdown
            and measured.category = bases.category
    left join clusters
        on
            measured.municipality_id = clusters.municipality_id
            and measured.indicator_id = clusters.indicator_id
            and measured.period_start = clusters.period_start
            and measured.geography_id = clusters.geography_id
            and measured.breakdown = clusters.breakdown
            and measured.category = clusters.category
),

final as (
    select * from sums
    where base > 0 and events_squared is not null
)

select * from final
