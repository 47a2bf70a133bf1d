{%- set dimensions = [
    'sex',
    'age_group',
    'contact_reason',
    'reporter',
    'history',
    'area_category',
] -%}
{%- set stages = [
    'forhandsbedomning',
    'utredning',
    'erbjuden',
    'accepterad',
    'beviljad',
] -%}

with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'barn_unga_arenden'
),

cases as (
    select
        municipality_id,
        person_id,
        board_name,
        period_start,
        stage_number,
        exit_reason,
        {%- for dimension in dimensions %}
            coalesce(cast({{ dimension }} as string), 'okand')
                as {{ dimension }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('int_child_case_stages') }}
    where municipality_id = '{{ var("municipality_id") }}'
),

located as (
    select
        cases.*,
        crosswalk.geography_id
    from cases
    inner join years
        on
            cases.municipality_id = years.municipality_id
            and cases.period_start = years.period_start
    inner join crosswalk
        on
            cases.municipality_id = crosswalk.municipality_id
            and cases.board_name = crosswalk.board_name
            and cases.period_start between crosswalk.counts_from
            and crosswalk.counts_to
),

-- A child with several cases in a group counts once, by the furthest.
children as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(dimensions) }} as breakdown,
        {{ breakdown_category(dimensions) }} as category,
        person_id,
        max(stage_number) as furthest,
        {%- for stage in stages %}
            count(*) filter (where stage_number >= {{ loop.index }})
                as {{ stage }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from located
    group by grouping sets (
        {%- for dimension in dimensions %}
            (
                municipality_id,
                period_start,
                geography_id,
                person_id,
                {{ dimension }}
            ),
        {%- endfor %}
        (municipality_id, period_start, geography_id, person_id)
    )
),

reached as (
    select
        municipality_id,
        period_start,
        geography_id,
        breakdown,
        category,
        {%- for stage in stages %}
            sum({{ stage }}) as {{ stage }},
            count(*) filter (where furthest >= {{ loop.index }})
                as {{ stage }}_children{% if not loop.last %},{% endif %}
        {%- endfor %}
    from children
    group by municipality_id, period_start, geography_id, breakdown, category
),

ended as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(dimensions) }} as breakdown,
        {{ breakdown_category(dimensions) }} as category,
        stage_number,
        exit_reason,
        count(*) as cases,
        count(distinct person_id) as children
    from located
    where stage_number < {{ stages | length }}
    group by grouping sets (
        {%- for dimension in dimensions %}
            (
                municipality_id,
                period_start,
                geography_id,
                stage_number,
                exit_reason,
                {{ dimension }}
            ),
        {%- endfor %}
        (
            municipality_id,
            period_start,
            geography_id,
            stage_number,
            exit_reason
        )
    )
),

-- Once for every step that was reached, and once where it ended on the way.
final as (
    {%- for stage in stages %}
        select
            municipality_id,
            period_start,
            geography_id,
            breakdown,
            category,
            '{{ stage }}' as stage, -- noqa: RF04
            'alla' as exit_reason,
            cast({{ stage }} as bigint) as cases,
            {{ stage }}_children as children
        from reached
        where {{ stage }} > 0
        union all
    {%- endfor %}
    select
        municipality_id,
        period_start,
        geography_id,
        breakdown,
        category,
        case stage_number
            {%- for stage in stages[:-1] %}
                when {{ loop.index }} then '{{ stage }}'
            {%- endfor %}
        end as stage, -- noqa: RF04
        exit_reason,
        cases,
        children
    from ended
)

select * from final
