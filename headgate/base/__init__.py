"""Words that every floor above shares: issues, money, calendar."""
