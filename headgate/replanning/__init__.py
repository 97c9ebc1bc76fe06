"""Plan a changed book without shaking the promises of an older plan."""
