with

household_years as (
    select * from {{ ref('int_assistance_household_years') }}
    where granted_months is not null
),

-- Of a year that was delivered in part nobody knows who had assistance.
whole_years as (
    select
        municipality_id,
        cast(extract(year from period_start) as integer) as year
    from {{ ref('int_register_years') }}
    where register_name = 'ekonomiskt_bistand_beslut' and is_complete
),

households as (
    select
        municipality_id,
        period_start,
        household_id,
        cast(extract(year from period_start) as integer) as year,
        bit_or(granted_months) as granted_months,
        bit_count(bit_or(granted_months)) as months,
        min(first_month_bit) as first_month_bit
    from household_years
    group by municipality_id, period_start, household_id
),

followed as (
    select
        households.*,
        earlier.months as months_1,
        earliest.months as months_2,
        coalesce(earlier.granted_months, 0) as granted_months_1,
        whole_earlier.year is not null as is_year_1_whole,
        whole_earliest.year is not null as is_year_2_whole
    from households
    left join households as earlier
        on
            households.municipality_id = earlier.municipality_id
            and households.household_id = earlier.household_id
            and households.year = earlier.year + 1
    left join households as earliest
        on
            households.municipality_id = earliest.municipality_id
            and households.household_id = earliest.household_id
            and households.year = earliest.year + 2
    left join whole_years as whole_earlier
        on
            households.municipality_id = whole_earlier.municipality_id
            and households.year = whole_earlier.year + 1
    left join whole_years as whole_earliest
        on
            households.municipality_id = whole_earliest.municipality_id
            and households.year = whole_earliest.year + 2
),

final as (
    select
        municipality_id,
        period_start,
        household_id,
        months >= {{ var('long_term_months') }} as is_long_term,
        case
            when is_year_1_whole and is_year_2_whole
                then
                    months >= {{ var('long_term_months') }}
                    and coalesce(months_1, 0) >= {{ var('long_term_months') }}
                    and coalesce(months_2, 0) >= {{ var('long_term_months') }}
        end as is_very_long_term,
        -- None in the twelve months before the first of the year: all that the
        -- year before had came in earlier months, in lower bits.
        case
            when is_year_1_whole
                then granted_months_1 < first_month_bit
        end as is_new
    from followed
)

select * from final
