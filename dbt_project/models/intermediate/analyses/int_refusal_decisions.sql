{#- The gap that counts, and those that a share is tried with. -#}
{%- set gaps = {
    'spell_month': var('spell_gap_months'),
    'spell_month_gap_0': 0,
    'spell_month_gap_2': 2,
} -%}

with

register as (
    select * from {{ ref('stg_register__ekonomiskt_bistand_beslut') }}
),

notes as (
    select * from {{ ref('stg_register__indicator_notes') }}
    where indicator_id = 'assistance_rejections' and not is_counted
),

-- A register without refusals says nothing of them, not that they are none.
source as (
    select register.*
    from register
    left join notes on register.municipality_id = notes.municipality_id
    where notes.municipality_id is null
),

households as (
    select
        municipality_id,
        household_id,
        -- By what does not change with the key of the pseudonyms.
        cast(
            row_number() over (
                partition by municipality_id
                order by
                    min(decision_id) nulls last,
                    household_id nulls last
            ) as integer
        ) as household_number
    from source
    group by municipality_id, household_id
),

decisions as (
    select
        source.*,
        households.household_number,
        cast(
            extract(year from source.benefit_month) * 12
            + extract(month from source.benefit_month) - 1 as integer
        ) as month_number
    from source
    inner join households
        on
            source.municipality_id = households.municipality_id
            and source.household_id = households.household_id
),

first_months as (
    select
        municipality_id,
        min(month_number) as first_month
    from decisions
    group by municipality_id
),

household_months as (
    select
        municipality_id,
        household_number,
        month_number,
        max(case when outcome = 'avslag' then 0 else 1 end) as is_granted
    from decisions
    group by municipality_id, household_number, month_number
),

-- The last application before the month, and the last month of assistance.
preceded as (
    select
        *,
        lag(month_number) over (
            partition by municipality_id, household_number
            order by month_number nulls last
        ) as previous_application,
        max(case when is_granted = 1 then month_number end) over (
            partition by municipality_id, household_number
            order by month_number nulls last
            rows between unbounded preceding and 1 preceding
        ) as previous_grant
    from household_months
),

-- A spell begins with assistance that has none within the gap before it.
begun as (
    select
        {%- for spell, gap in gaps.items() %}
            case
                when
                    is_granted = 1
                    and (
                        previous_grant is null
                        or month_number - previous_grant > 1 + {{ gap }}
                    )
                    then month_number
            end as {{ spell }}_start,
        {%- endfor %}
        *
    from preceded
),

spells as (
    select
        {%- for spell in gaps %}
            max({{ spell }}_start) over (
                partition by municipality_id, household_number
                order by month_number nulls last
                rows between unbounded preceding and 1 preceding
            ) as previous_{{ spell }}_start,
        {%- endfor %}
        *
    from begun
),

timed as (
    select
        spells.municipality_id,
        spells.household_number,
        spells.month_number,
        {%- for spell, gap in gaps.items() %}
            case
                when
                    spells.month_number - spells.previous_grant <= 1 + {{ gap }}
                    then
                        spells.month_number
                        - spells.previous_{{ spell }}_start + 1
                else 1
            end as {{ spell }},
        {%- endfor %}
        -- Before the register begins, nobody knows who had applied.
        case
            when spells.month_number - spells.previous_application = 1
                then 'fortsatt'
            when spells.month_number - spells.previous_application <= 12
                then 'ny_efter_uppehall'
            when
                spells.previous_application is not null
                or spells.month_number - first_months.first_month >= 12
                then 'forsta'
        end as application_kind
    from spells
    inner join first_months
        on spells.municipality_id = first_months.municipality_id
),

final as (
    select
        decisions.municipality_id,
        {{ year_start('decisions.benefit_month') }} as period_start,
        decisions.benefit_month,
        decisions.month_number,
        decisions.household_number,
        decisions.board_name,
        decisions.application_type,
        timed.application_kind,
        timed.spell_month,
        timed.spell_month_gap_0,
        timed.spell_month_gap_2,
        decisions.household_type,
        decisions.housing_form,
        decisions.applicant_sex as sex,
        decisions.applicant_age_group as age_group,
        cast(
            case when decisions.outcome = 'avslag' then 1 else 0 end as integer
        )
            as full_refusals,
        cast(
            case when decisions.outcome = 'delavslag' then 1 else 0 end
            as integer
        ) as partial_refusals,
        case
            when decisions.outcome <> 'bifall'
                then coalesce(decisions.refusal_reason, 'okand_grund')
        end as ground,
        case
            when
                {{ has_code('decisions.purposes', 'forsorjningsstod') }}
                and {{ has_code('decisions.purposes', 'livsforing_i_ovrigt') }}
                then 'bada'
            when {{ has_code('decisions.purposes', 'forsorjningsstod') }}
                then 'forsorjningsstod'
            else 'livsforing_i_ovrigt'
        end as purpose,
        {{ obstacle_group('decisions.support_obstacle') }} as obstacle,
        cast(decisions.applied_amount - decisions.granted_amount as double)
            as missing_amount
    from decisions
    inner join timed
        on
            decisions.municipality_id = timed.municipality_id
            and decisions.household_number = timed.household_number
            and decisions.month_number = timed.month_number
)

select * from final
