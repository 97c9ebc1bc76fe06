"""Why a line is not on time, what is short, and what waits for what."""
