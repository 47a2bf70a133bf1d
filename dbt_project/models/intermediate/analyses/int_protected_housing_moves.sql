with

placements as (
    select * from {{ ref('int_protected_housing_placements') }}
),

counselling as (
    select * from {{ ref('stg_register__rvc_samtalsstod') }}
    where role = 'valdsutsatt'
),

last_days as (
    select
        municipality_id,
        max(period_end) as last_day
    from {{ ref('int_register_years') }}
    where register_name = 'skyddat_boende_placeringar'
    group by municipality_id
),

stays as (
    select
        municipality_id,
        person_id,
        housing_form as form,
        start_date,
        end_date
    from placements
    union all
    select
        municipality_id,
        person_id,
        'rvc' as form,
        start_date,
        end_date
    from counselling
),

forms as (
    select distinct
        municipality_id,
        form
    from stays
),

-- Counselling that follows counselling is no move.
departures as (
    select
        stays.municipality_id,
        stays.person_id,
        stays.form as from_form,
        forms.form as to_form,
        stays.end_date,
        max(stays.start_date) as start_date
    from stays
    inner join forms on stays.municipality_id = forms.municipality_id
    inner join last_days on stays.municipality_id = last_days.municipality_id
    where
        stays.end_date <= last_days.last_day
        and (
            stays.form <> forms.form
            or stays.form = 'skyddat_boende'
        )
        and (
            stays.form = 'skyddat_boende'
            or forms.form <> 'rvc'
        )
    group by
        stays.municipality_id,
        stays.person_id,
        stays.form,
        forms.form,
        stays.end_date
),

arrived as (
    select
        departures.municipality_id,
        departures.person_id,
        departures.from_form,
        departures.to_form,
        departures.end_date,
        min(stays.start_date) as arrival_date
    from departures
    left join stays
        on
            departures.municipality_id = stays.municipality_id
            and departures.person_id = stays.person_id
            and departures.to_form = stays.form
            and departures.end_date <= stays.start_date
            and departures.start_date < stays.start_date
    group by
        departures.municipality_id,
        departures.person_id,
        departures.from_form,
        departures.to_form,
        departures.end_date
),

final as (
    select
        arrived.municipality_id,
        {{ year_start('arrived.end_date') }} as period_start,
        arrived.person_id,
        arrived.from_form,
        arrived.to_form,
        arrived.end_date,
        {{ days_between(
            'arrived.end_date',
            'coalesce(arrived.arrival_date, last_days.last_day)'
        ) }} as days,
        arrived.arrival_date is not null as is_moved
    from arrived
    inner join last_days
        on arrived.municipality_id = last_days.municipality_id
)

select * from final
