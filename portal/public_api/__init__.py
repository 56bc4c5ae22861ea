"""The telephony API for CRMs, compatible with the provider's: `/api.php/telephony/…`."""
