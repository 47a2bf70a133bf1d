with

source as (
    {{ latest_rows(
        source('register', 'register__hemloshet_kartlaggning'),
        ['municipality_id', 'delivery_period', 'rad_id']
    ) }}
),

renamed as (
    select
        municipality_id,
        rad_id as row_id,
        person_id,
        {{ sex_category('kon') }} as sex,
        aldersgrupp as age_group,
        stadsdelsnamnd as board_name,
        situation,
        tid_i_hemloshet as time_in_homelessness,
        orsak as reason,
        barn_antal as children,
        delivery_period
    from source
)

select * from renamed
