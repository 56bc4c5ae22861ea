"""Pricing calls once more, after a tariff was mended: nothing posted is changed, corrections are added."""
