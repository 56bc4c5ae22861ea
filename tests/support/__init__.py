"""What tests stand on: servers, a receiver, a browser, a reader of pages."""
