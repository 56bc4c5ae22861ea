"""Papers as PDF.

The words of these forms stand here in Russian and in no catalogue: Russian law gives them (the invoice and the UPD:
Decree 1137 of 2011 as amended; the payment code: GOST R 56042-2014), and a paper has one language whoever reads it.
"""
