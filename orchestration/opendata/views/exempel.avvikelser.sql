-- Avvikelserna i rangordning, med indikatorns och platsens namn.
select
    d.rank as rang,
    outcome.label_sv as utfall,
    i.title_sv as indikator,
    g.name as plats,
    d.observed as uppmatt,
    d.expected as vantat,
    d.q_value as q,
    d.reason_sv as skal
from main.deviations as d
inner join main.indicators as i on d.indicator_id = i.indicator_id
left join main.geographies as g on d.geography_id = g.geography_id
left join meta.code_labels as outcome
    on outcome.column_name = 'outcome' and d.outcome = outcome.code
order by d.rank nulls last, i.title_sv, d.deviation_id
