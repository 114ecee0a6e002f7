"""What does a sweep's runs: cells come in, what became of each goes out."""
