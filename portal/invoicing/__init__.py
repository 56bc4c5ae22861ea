"""Papers of money: the parties' details, bills and card payments that top up, and the closing papers of months."""
