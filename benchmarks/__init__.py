"""Speed, accuracy and scale, measured side by side."""
