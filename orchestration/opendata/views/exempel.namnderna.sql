-- Nämndernas värden för varje indikator, de senaste först.
select
    title_sv as indikator,
    unit as enhet,
    year as ar,
    place as namnd,
    value as varde,
    ci_lower as nedre,
    ci_upper as ovre,
    status_sv as status
from main.labelled_values
where level = 'stadsdelsnamnd' and is_current and period_grain = 'year' and breakdown = 'total'
order by indikator, ar desc, namnd
