"""What is saved of a clustering and made of it again: the column, its record, the way back."""
