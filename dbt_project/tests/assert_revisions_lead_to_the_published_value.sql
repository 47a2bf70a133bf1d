-- From the first figure a publisher gave, change by change, to the one that
-- stands: the last new value of a cell is its value. A figure of a new
-- definition starts anew, so cells with two definitions are left out.
with

indicator_values as (
    select * from {{ ref('indicator_values') }}
),

revisions as (
    select
        *,
        max(revision_number) over (
            partition by
                indicator_id,
                period_start,
                period_grain,
                geography_id,
                breakdown,
                category,
                source_id
        ) as last_number
    from {{ ref('revisions') }}
),

redefined as (
    select distinct
        indicator_id,
        period_start,
        period_grain,
        geography_id,
        breakdown,
        category,
        dataset_id
    from {{ ref('int_statistics_vintages') }}
    where definition_number > 1
)

select
    revisions.indicator_id,
    revisions.period_start,
    revisions.geography_id
from revisions
left join indicator_values
    on
        revisions.indicator_id = indicator_values.indicator_id
        and revisions.period_start = indicator_values.period_start
        and revisions.period_grain = indicator_values.period_grain
        and revisions.geography_id = indicator_values.geography_id
        and revisions.breakdown = indicator_values.breakdown
        and revisions.category = indicator_values.category
        and revisions.source_id = indicator_values.source_id
left join redefined
    on
        revisions.indicator_id = redefined.indicator_id
        and revisions.period_start = redefined.period_start
        and revisions.period_grain = redefined.period_grain
        and revisions.geography_id = redefined.geography_id
        and revisions.breakdown = redefined.breakdown
        and revisions.category = redefined.category
        and revisions.source_id = redefined.dataset_id
where
    revisions.revision_number = revisions.last_number
    and redefined.indicator_id is null
    and (
        (revisions.new_value is null) <> (indicator_values.value is null)
        or {{ figures_differ('revisions.new_value', 'indicator_values.value') }}
    )
