"""Candidates ranked and one chosen: a sweep's scores and predictions come in, a choice and its certainty go out."""
