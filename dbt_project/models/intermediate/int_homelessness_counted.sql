with

crosswalk as (
    select * from {{ ref('int_geography_crosswalk') }}
),

answers as (
    select
        *,
        make_date(cast(left(delivery_period, 4) as integer), 1, 1)
            as period_start
    from {{ ref('stg_register__hemloshet_kartlaggning') }}
),

-- Where a year has two surveys, its last one is the year's, also if it found
-- nobody.
surveys as (
    select max(delivery_period) as delivery_period
    from {{ ref('stg_register__deliveries') }}
    where register_name = 'hemloshet_kartlaggning'
    group by left(delivery_period, 4)
),

counted as (
    select
        answers.period_start,
        crosswalk.geography_id,
        {{ breakdown_name(['sex']) }} as breakdown,
        {{ breakdown_category(['sex']) }} as category,
        count(*) as persons
    from answers
    inner join surveys on answers.delivery_period = surveys.delivery_period
    inner join crosswalk
        on
            answers.board_name = crosswalk.board_name
            and answers.period_start between crosswalk.counts_from
            and crosswalk.counts_to
    group by grouping sets (
        (answers.period_start, crosswalk.geography_id),
        (answers.period_start, crosswalk.geography_id, answers.sex)
    )
),

final as (
    {{ measures_as_rows('counted', [
        {'indicator': 'homeless_persons', 'numerator': 'persons'},
    ]) }}
)

select * from final
