{%- set dimensions = [
    'total',
    'household_type',
    'housing_form',
    'obstacle',
    'application_kind',
    'application_type',
    'purpose',
    'spell_band',
    'sex',
    'age_group',
] -%}

with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

-- By number, since names are long and each division groups by them.
places as (
    select
        geography_id,
        cast(row_number() over (order by geography_id nulls last) as integer)
            as place
    from crosswalk
    group by geography_id
),

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'ekonomiskt_bistand_beslut'
),

decisions as (
    select
        *,
        'total' as total,
        cast(round(power(2, extract(month from benefit_month) - 1)) as integer)
            as month_bit,
        case
            when spell_month = 1 then '1'
            when spell_month <= 3 then '2-3'
            when spell_month <= 6 then '4-6'
            when spell_month <= 12 then '7-12'
            when spell_month <= 24 then '13-24'
            else '25+'
        end as spell_band
    from {{ ref('int_refusal_decisions') }}
    where municipality_id = '{{ var("municipality_id") }}'
),

-- What a household applied for in a year, once; and what it was refused.
household_years as (
    select
        period_start,
        board_name,
        household_number,
        {%- for dimension in dimensions %}
            coalesce({{ dimension }}, 'okand') as {{ dimension }},
        {%- endfor %}
        bit_or(month_bit) as months,
        count(*) as decisions,
        sum(full_refusals) as refusals,
        sum(partial_refusals) as partial_refusals
    from decisions
    group by
        period_start,
        board_name,
        household_number,
        {{ dimensions | join(',\n        ') }}
),

refused_years as (
    select
        period_start,
        board_name,
        household_number,
        ground,
        {%- for dimension in dimensions %}
            coalesce({{ dimension }}, 'okand') as {{ dimension }},
        {%- endfor %}
        sum(full_refusals) as refusals,
        sum(partial_refusals) as partial_refusals
    from decisions
    where ground is not null
    group by
        period_start,
        board_name,
        household_number,
        ground,
        {{ dimensions | join(',\n        ') }}
),

located as (
    select
        household_years.*,
        places.place
    from household_years
    inner join years on household_years.period_start = years.period_start
    inner join crosswalk
        on
            years.municipality_id = crosswalk.municipality_id
            and household_years.board_name = crosswalk.board_name
            and household_years.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    inner join places on crosswalk.geography_id = places.geography_id
    where years.municipality_id = '{{ var("municipality_id") }}'
),

refused as (
    select
        refused_years.*,
        places.place
    from refused_years
    inner join years on refused_years.period_start = years.period_start
    inner join crosswalk
        on
            years.municipality_id = crosswalk.municipality_id
            and refused_years.board_name = crosswalk.board_name
            and refused_years.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    inner join places on crosswalk.geography_id = places.geography_id
    where years.municipality_id = '{{ var("municipality_id") }}'
),

-- A household that comes more than once in a group counts once, in each month.
by_household as (
    {%- for dimension in dimensions %}
        select
            period_start,
            place,
            '{{ dimension }}' as dimension,
            {{ dimension }} as category,
            household_number,
            bit_count(bit_or(months)) as months,
            sum(decisions) as decisions,
            sum(refusals) as refusals,
            sum(partial_refusals) as partial_refusals
        from located
        group by period_start, place, {{ dimension }}, household_number
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

applied as (
    select
        period_start,
        place,
        dimension,
        category,
        sum(decisions) as decisions,
        sum(refusals) as refusals,
        sum(partial_refusals) as partial_refusals,
        count(*) as households,
        count(*) filter (where refusals + partial_refusals > 0)
            as households_refused,
        sum(months) as household_months
    from by_household
    group by period_start, place, dimension, category
),

by_ground as (
    {%- for dimension in dimensions %}
        select
            period_start,
            place,
            '{{ dimension }}' as dimension,
            {{ dimension }} as category,
            ground,
            sum(refusals) as refusals,
            sum(partial_refusals) as partial_refusals,
            count(distinct household_number) as households_refused
        from refused
        group by period_start, place, {{ dimension }}, ground
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

grounds as (
    select distinct ground from decisions
    where ground is not null
),

on_ground as (
    select
        applied.period_start,
        applied.place,
        applied.dimension,
        applied.category,
        grounds.ground,
        applied.decisions,
        coalesce(by_ground.refusals, 0) as refusals,
        coalesce(by_ground.partial_refusals, 0) as partial_refusals,
        applied.households,
        coalesce(by_ground.households_refused, 0) as households_refused,
        applied.household_months
    from applied
    cross join grounds
    left join by_ground
        on
            applied.period_start = by_ground.period_start
            and applied.place = by_ground.place
            and applied.dimension = by_ground.dimension
            and applied.category = by_ground.category
            and grounds.ground = by_ground.ground
    union all
    select
        period_start,
        place,
        dimension,
        category,
        'alla' as ground,
        decisions,
        refusals,
        partial_refusals,
        households,
        households_refused,
        household_months
    from applied
),

final as (
    select
        '{{ var("municipality_id") }}' as municipality_id,
        on_ground.period_start,
        places.geography_id,
        on_ground.dimension,
        on_ground.category,
        on_ground.ground,
        cast(on_ground.decisions as bigint) as decisions,
        cast(on_ground.refusals as bigint) as refusals,
        cast(on_ground.partial_refusals as bigint) as partial_refusals,
        cast(on_ground.households as bigint) as households,
        cast(on_ground.households_refused as bigint) as households_refused,
        cast(on_ground.household_months as bigint) as household_months
    from on_ground
    inner join places on on_ground.place = places.place
)

select * from final
