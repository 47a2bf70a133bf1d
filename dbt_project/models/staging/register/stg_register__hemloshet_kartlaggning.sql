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
        case
            when aldersgrupp in ('25-34', '35-44') then '25-44'
            when aldersgrupp in ('45-54', '55-64') then '45-64'
            when aldersgrupp = '65-' then '65+'
            else aldersgrupp
        end as age_group,
        stadsdelsnamnd as board_name,
        situation,
        tid_i_hemloshet as time_in_homelessness,
        orsak as reason,
        barn_antal as children,
        delivery_period
    from source
)

select * from renamed
