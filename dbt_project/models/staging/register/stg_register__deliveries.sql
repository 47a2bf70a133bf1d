{%- set registers = [
    'avhysningar_barn',
    'barn_unga_arenden',
    'befolkning_stadsdel',
    'boendestod_beslut',
    'budget_skuldradgivning',
    'ekonomiskt_bistand_beslut',
    'familjeratt_arenden',
    'hemloshet_kartlaggning',
    'hushall_stadsdel',
    'missbruk_insatser',
    'rvc_samtalsstod',
    'skyddat_boende_placeringar',
    'socialpsykiatri_insatser',
    'socioekonomi_stadsdel',
    'vald_arenden',
] -%}

with

final as (
    {% for register in registers %}
        select distinct
            '{{ register }}' as register_name,
            delivery_sequence,
            delivery_period
        from {{ source('register', 'register__' ~ register) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
