"""What happens to every account by the clock: monthly fees, a look at the pace, a check of the books."""

from portal.billing.regular.books import DAYS_CHECK, POSTINGS_CHECK
from portal.billing.regular.fees import FEES
from portal.billing.regular.pace import PACE

REGULAR = (FEES, PACE, DAYS_CHECK, POSTINGS_CHECK)
