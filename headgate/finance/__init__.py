"""What a backlog and a plan become in money: revenue, cost and margin by fiscal quarter."""
