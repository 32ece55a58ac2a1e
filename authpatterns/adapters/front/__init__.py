"""A deployment for real browsers: doors for its public names on loopback, and a page that shows what flowed."""
