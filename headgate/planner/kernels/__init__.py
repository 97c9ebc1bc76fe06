"""Compiled inner loops: numpy and numba alone, arrays in, arrays out."""
