"""What the functions return, generated. Both adapters have the same results."""
