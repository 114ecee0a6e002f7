"""The commands, a module each: a checked config comes in, a result goes out that says itself in words or as JSON."""
