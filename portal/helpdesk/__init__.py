"""What the account and the operator have to say to each other: questions with their answers."""
