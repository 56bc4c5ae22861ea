"""The accounts of the installation: the list, one with its people, lines and money, and a look at it from inside."""
