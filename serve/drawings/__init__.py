"""Pictures made of numbers: answers and training rows come in, SVG and small images go out."""
