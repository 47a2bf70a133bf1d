{{ published_observations(
    source('socialstyrelsen', 'socialstyrelsen__observations')
) }}
