-- Kommunens senaste årsvärde för varje indikator, med det förra värdet bredvid.
select
    area_sv as omrade,
    title_sv as indikator,
    unit as enhet,
    year as ar,
    value as varde,
    lag(value) over (partition by indicator_id, geography_id order by year) as forra_vardet,
    status_sv as status
from main.labelled_values
where level = 'kommun' and period_grain = 'year' and breakdown = 'total'
qualify row_number() over (partition by indicator_id, geography_id order by year desc) = 1
order by omrade, indikator
