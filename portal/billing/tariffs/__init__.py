"""The operator's price lists: tariffs, their versions, who has which."""
