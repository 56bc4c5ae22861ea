"""What the CRM is told of calls: cards while they ring, the call when it is over, the record when it is there."""
