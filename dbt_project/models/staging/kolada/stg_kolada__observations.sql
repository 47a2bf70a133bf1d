{{ published_observations(source('kolada', 'kolada__observations')) }}
