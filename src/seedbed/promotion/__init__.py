"""A challenger against the champion: a sweep, a run or a version comes in, a version behind the alias goes out."""
