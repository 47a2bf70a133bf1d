-- Andelen avslag och delavslag i ekonomiskt bistånd, efter år och grund, för kommunen.
select
    cast(year(r.period_start) as integer) as ar,
    r.ground as grund,
    r.refusals + r.partial_refusals as avslag,
    r.decisions as beslut,
    round(100.0 * (r.refusals + r.partial_refusals) / nullif(r.decisions, 0), 1) as procent
from main.refusals as r
inner join main.geographies as g on r.geography_id = g.geography_id
where r.dimension = 'total' and g.level = 'kommun'
order by ar desc, avslag desc, grund
