-- Andelen avslag och delavslag i ekonomiskt bistånd, efter år och grund, för kommunen.
select
    cast(year(r.period_start) as integer) as ar,
    r.ground as grund,
    r.refusals + r.partial_refusals as avslag,
    r.decisions as beslut,
    round(100.0 * (r.refusals + r.partial_refusals) / nullif(r.decisions, 0), 1) as procent
from main.refusals as r
inner join meta.publication as p on r.geography_id = p.municipality_id
where r.dimension = 'total'
order by ar desc, avslag desc, grund
