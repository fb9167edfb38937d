"""SOPs to start from: written to be copied and changed, never published by themselves."""
