"""What can be typed: plain composed words come in, frozen checked values and a candidate's key go out."""
