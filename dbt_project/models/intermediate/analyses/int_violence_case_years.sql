with

years as (
    select * from {{ ref('int_register_years') }}
    where register_name = 'vald_arenden'
),

cases as (
    select * from {{ ref('stg_register__vald_arenden') }}
    where role = 'valdsutsatt'
),

reported as (
    select
        cases.*,
        years.period_start,
        -- Tells persons apart by what does not change with the pseudonyms.
        min(cases.case_id) over (
            partition by cases.municipality_id, cases.person_id
        ) as first_case,
        row_number() over (
            partition by
                cases.municipality_id,
                years.period_start,
                cases.person_id
            order by cases.reported_date desc, cases.case_id desc
        ) as recency
    from cases
    inner join years
        on
            cases.municipality_id = years.municipality_id
            and cases.reported_date between years.period_start
            and years.period_end
),

final as (
    select
        municipality_id,
        period_start,
        person_id,
        first_case,
        board_name,
        has_children_at_home,
        threat_level,
        origin,
        case
            when solution in ('skyddat_boende', 'jourlagenhet') then solution
            when
                solution in (
                    'mellanboende',
                    'boteam',
                    'valdsutovaren_flyttar',
                    'eget_natverk'
                )
                then 'egen_losning'
            when solution = 'samtalsstod' then 'samtalsstod_enbart'
            when solution in ('ingen', 'pagar') then 'ingen'
        end as response
    from reported
    where recency = 1
)

select * from final
