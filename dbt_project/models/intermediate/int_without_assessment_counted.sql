with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

contacts as (
    select
        municipality_id,
        board_name,
        contacts,
        {{ year_start('month_start') }} as period_start
    from {{ ref('stg_register__insatser_utan_behovsprovning') }}
),

counted as (
    select
        contacts.municipality_id,
        contacts.period_start,
        crosswalk.geography_id,
        'total' as breakdown,
        'total' as category,
        sum(contacts.contacts) as contacts
    from contacts
    inner join crosswalk
        on
            contacts.municipality_id = crosswalk.municipality_id
            and contacts.board_name = crosswalk.board_name
            and contacts.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by
        contacts.municipality_id,
        contacts.period_start,
        crosswalk.geography_id
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'without_assessment_contacts', 'numerator': 'contacts'},
    ]) }}
)

select * from final
