-- Of the registers that are followed by month, the first delivery of each row.
-- A row that comes again was there already, whatever it says by then.
{% set followed = [
    {
        'register': 'budget_skuldradgivning',
        'key': 'arende_id',
        'begins': 'forsta_besok',
    },
    {
        'register': 'rvc_samtalsstod',
        'key': 'insats_id',
        'begins': 'start_datum',
    },
    {
        'register': 'skyddat_boende_placeringar',
        'key': 'placering_id',
        'begins': 'beslut_datum',
    },
    {
        'register': 'vald_arenden',
        'key': 'arende_id',
        'begins': 'aktualiserad_datum',
    },
] %}
with

{% for each in followed %}
    {{ each.register }} as (
        select
            municipality_id,
            '{{ each.register }}' as register_name,
            {{ each.key }} as row_key,
            min({{ each.begins }}) as begins_on,
            min(delivery_sequence) as delivery_sequence
        from {{ source('register', 'register__' ~ each.register) }}
        where {{ each.begins }} is not null
        group by municipality_id, {{ each.key }}
    ),
{% endfor %}

united as (
    {% for each in followed %}
        select * from {{ each.register }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select
        municipality_id,
        register_name,
        {{ month_start('begins_on') }} as month_start,
        delivery_sequence,
        count(*) as arrivals
    from united
    group by
        municipality_id,
        register_name,
        {{ month_start('begins_on') }},
        delivery_sequence
)

select * from final
