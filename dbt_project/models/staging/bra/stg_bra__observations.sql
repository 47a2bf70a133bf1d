{{ published_observations(source('bra', 'bra__observations')) }}
