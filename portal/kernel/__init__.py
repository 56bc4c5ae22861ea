"""What every room stands on: no feature and no view lives here."""
