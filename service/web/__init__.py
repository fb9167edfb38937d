"""The web app's look and language: templates, styles, scripts, translation and formats."""

from service.web.mounting import mount

__all__ = ["mount"]
