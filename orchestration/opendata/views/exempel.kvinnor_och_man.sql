-- Kvinnors och mäns värden bredvid varandra, för kommunen.
select
    title_sv as indikator,
    unit as enhet,
    year as ar,
    max(value) filter (where category = 'kvinnor') as kvinnor,
    max(value) filter (where category = 'man') as man
from main.labelled_values
where level = 'kommun' and period_grain = 'year' and breakdown = 'sex'
group by title_sv, unit, year
order by indikator, ar desc
