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

-- Once for every step that it reached, and once where it ended on the way.
events as (
    {%- for stage in stages %}
        select
            located.*,
            '{{ stage }}' as step,
            'alla' as ended_by
        from located
        where located.stage_number >= {{ loop.index }}
        union all
    {%- endfor %}
    {%- for stage in stages[:-1] %}
        select
            located.*,
            '{{ stage }}' as step,
            located.exit_reason as ended_by
        from located
        where located.stage_number = {{ loop.index }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

final as (
    select
        municipality_id,
        period_start,
        geography_id,
        {{ breakdown_name(dimensions) }} as breakdown,
        {{ breakdown_category(dimensions) }} as category,
        step as stage, -- noqa: RF04
        ended_by as exit_reason,
        count(*) as cases,
        count(distinct person_id) as children
    from events
    group by grouping sets (
        {%- for dimension in dimensions %}
            (
                municipality_id,
                period_start,
                geography_id,
                step,
                ended_by,
                {{ dimension }}
            ),
        {%- endfor %}
        (municipality_id, period_start, geography_id, step, ended_by)
    )
)

select * from final
