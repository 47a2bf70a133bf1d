-- One series holds the figures of one method: neither of the two indicators has
-- a value of the other's source.

with

pairs as (
    select
        indicator_id,
        other_indicator_id
    from {{ ref('incomparable_indicators') }}
    union all
    select
        other_indicator_id as indicator_id,
        indicator_id as other_indicator_id
    from {{ ref('incomparable_indicators') }}
),

catalogue as (
    select * from {{ ref('indicators') }}
),

series as (
    select * from {{ ref('indicator_series') }}
),

others_sources as (
    select
        pairs.indicator_id,
        pairs.other_indicator_id,
        the_other.source_id
    from pairs
    inner join catalogue as the_other
        on pairs.other_indicator_id = the_other.indicator_id
)

select
    others_sources.indicator_id,
    others_sources.other_indicator_id,
    others_sources.source_id
from others_sources
inner join catalogue
    on others_sources.indicator_id = catalogue.indicator_id
left join series
    on
        others_sources.indicator_id = series.indicator_id
        and others_sources.source_id = series.dataset_id
where
    catalogue.source_id = others_sources.source_id
    or series.indicator_id is not null
