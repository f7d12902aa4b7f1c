"""Man pages and completions, made from what the program itself says."""
