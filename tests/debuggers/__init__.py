"""Real debuggers, driven as a person drives them."""
