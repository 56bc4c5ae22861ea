"""The address book: contacts with their numbers, and the CRM's users with their SIP accounts. It gives the code names."""
