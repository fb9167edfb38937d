"""SOP versions: publishing them, and choosing the one that scores a call."""
