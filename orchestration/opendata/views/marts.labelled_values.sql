select
    v.indicator_id,
    i.title_sv,
    i.area,
    area.label_sv as area_sv,
    i.unit,
    i.measure,
    i.polarity,
    v.geography_id,
    g.name as place,
    g.level,
    level.label_sv as level_sv,
    g.valid_to is null as is_current,
    v.period_start,
    v.period_grain,
    cast(year(v.period_start) as integer) as year,
    v.breakdown,
    c.breakdown_sv,
    v.category,
    c.category_sv,
    v.numerator,
    v.denominator,
    v.value,
    v.ci_lower,
    v.ci_upper,
    v.status,
    status.label_sv as status_sv,
    v.source_id,
    s.title_sv as source_sv,
    s.publisher,
    s.synthetic
from main.indicator_values as v
inner join main.indicators as i on v.indicator_id = i.indicator_id
left join main.geographies as g on v.geography_id = g.geography_id
left join meta.sources as s on v.source_id = s.source_id
left join meta.category_labels as c on v.breakdown = c.breakdown and v.category = c.category
left join meta.code_labels as area on area.column_name = 'area' and i.area = area.code
left join meta.code_labels as level on level.column_name = 'level' and g.level = level.code
left join meta.code_labels as status on status.column_name = 'status' and v.status = status.code
