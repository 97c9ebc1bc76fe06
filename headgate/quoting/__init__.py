"""What a plan can still promise: to a customer who asks, without taking from anybody."""
