with

reports as (
    select * from {{ ref('int_child_reports') }}
    where is_case
),

areas as (
    select
        municipality_id,
        area_name,
        area_category,
        make_date(year, 1, 1) as period_start
    from {{ ref('stg_register__socioekonomi_stadsdel') }}
),

-- A later step counts as the earlier ones, whatever the supplier says of them.
placed as (
    select
        *,
        case
            when is_granted then 5
            when is_accepted then 4
            when is_offered then 3
            when is_investigated then 2
            else 1
        end as stage_number
    from reports
),

final as (
    select
        placed.municipality_id,
        placed.case_id,
        placed.person_id,
        placed.sex,
        placed.age_band,
        placed.age_group,
        placed.history,
        placed.contact_reason,
        placed.reporter,
        placed.board_name,
        placed.area_name,
        areas.area_category,
        placed.period_start,
        placed.stage_number,
        placed.is_preschool_age,
        placed.is_school_age,
        case placed.stage_number
            when 1 then coalesce(placed.no_investigation_reason, 'okand')
            when 2 then 'ingen_insats_erbjuden'
            when 3 then coalesce('avbojd_av_' || placed.declined_by, 'okand')
            when 4 then 'ej_beviljad'
        end as exit_reason,
        case when placed.is_granted then placed.intervention_type end
            as intervention_type,
        placed.is_investigated and placed.has_preschool as has_preschool,
        placed.is_investigated and placed.has_school as has_school,
        placed.is_investigated and placed.has_child as has_child,
        placed.is_investigated and placed.has_health_care as has_health_care
    from placed
    left join areas
        on
            placed.municipality_id = areas.municipality_id
            and placed.area_name = areas.area_name
            and placed.period_start = areas.period_start
)

select * from final
