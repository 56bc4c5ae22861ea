"""The address book: contacts and numbers, and the CRM's users with their SIP accounts. It gives the code names."""
