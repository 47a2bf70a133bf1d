{{ published_observations(source('kronofogden', 'kronofogden__observations')) }}
