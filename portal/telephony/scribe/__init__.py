"""Who writes down what an engine has to tell, so that no caller waits for the database."""
