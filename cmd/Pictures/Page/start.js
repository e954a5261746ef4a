// The page of a map that does not change.

showModel(readModel(JSON.parse(byId('data').textContent)));
