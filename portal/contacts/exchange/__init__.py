"""The address book as files: CSV and vCard come in with a preview and can be taken back, and go out."""
