-- Kommunens senaste årsvärde för varje indikator, med det förra värdet bredvid.
select
    v.area_sv as omrade,
    v.title_sv as indikator,
    v.unit as enhet,
    v.year as ar,
    v.value as varde,
    lag(v.value) over (partition by v.indicator_id order by v.year) as forra_vardet,
    v.status_sv as status
from main.labelled_values as v
inner join meta.publication as p on v.geography_id = p.municipality_id
where v.period_grain = 'year' and v.breakdown = 'total'
qualify row_number() over (partition by v.indicator_id order by v.year desc) = 1
order by omrade, indikator
