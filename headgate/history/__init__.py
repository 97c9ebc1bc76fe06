"""Published history: roll-forwards, ratios, outlooks, and the market around them."""
