"""What people outside are told: letters and webhooks, made from facts."""
