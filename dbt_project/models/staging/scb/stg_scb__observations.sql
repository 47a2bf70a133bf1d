{{ published_observations(source('scb', 'scb__observations')) }}
