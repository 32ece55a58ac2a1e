"""Real parts in the place of model ones. Each needs a package of its own, so the core imports none of them."""
