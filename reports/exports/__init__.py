"""What other systems read: values in, their formats out."""
