"""Transcription side by side with the engines it is measured against."""
