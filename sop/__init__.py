"""The company's standard operating procedure and the score a call earns against it."""
