-- Kvinnors och mäns värden bredvid varandra, för kommunen.
select
    v.title_sv as indikator,
    v.unit as enhet,
    v.year as ar,
    max(v.value) filter (where v.category = 'kvinnor') as kvinnor,
    max(v.value) filter (where v.category = 'man') as man
from main.labelled_values as v
inner join meta.publication as p on v.geography_id = p.municipality_id
where v.period_grain = 'year' and v.breakdown = 'sex'
group by v.title_sv, v.unit, v.year
order by indikator, ar desc
