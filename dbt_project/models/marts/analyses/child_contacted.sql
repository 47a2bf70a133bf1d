{%- set parties = {
    'barnet': ('has_child', 'true'),
    'skola': ('has_school', 'is_school_age'),
    'forskola': ('has_preschool', 'is_preschool_age'),
    'halso_sjukvard': ('has_health_care', 'true'),
} -%}

with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'barn_unga_arenden'
),

investigations as (
    select * from {{ ref('int_child_case_stages') }}
    where
        municipality_id = '{{ var("municipality_id") }}'
        and stage_number > 1
),

-- A school is asked for those who go to one, a preschool likewise.
asked as (
    {%- for party, (contacted, age) in parties.items() %}
        select
            municipality_id,
            board_name,
            period_start,
            coalesce(age_band, 'okand') as age_band,
            coalesce(reporter, 'okand') as reporter,
            '{{ party }}' as party,
            {{ contacted }} as is_contacted
        from investigations
        where {{ age }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

final as (
    select
        asked.municipality_id,
        asked.period_start,
        crosswalk.geography_id,
        asked.party,
        asked.age_band,
        asked.reporter,
        count(*) as investigations,
        count(*) filter (where asked.is_contacted) as contacted
    from asked
    inner join years
        on
            asked.municipality_id = years.municipality_id
            and asked.period_start = years.period_start
    inner join crosswalk
        on
            asked.municipality_id = crosswalk.municipality_id
            and asked.board_name = crosswalk.board_name
            and asked.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        asked.municipality_id,
        asked.period_start,
        crosswalk.geography_id,
        asked.party,
        asked.age_band,
        asked.reporter
)

select * from final
