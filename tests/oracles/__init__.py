"""Slow, plain planners that the product must agree with."""
