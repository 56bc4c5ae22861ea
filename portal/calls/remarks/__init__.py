"""What people add to calls: tags of the account's own list, and a note."""
