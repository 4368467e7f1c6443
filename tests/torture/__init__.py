"""Long seeded runs that try to break the server; `make torture PART=…`. What they share with the tests stands here too."""
