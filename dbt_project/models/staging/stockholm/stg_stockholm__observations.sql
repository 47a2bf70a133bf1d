{{ published_observations(source('stockholm', 'stockholm__observations')) }}
