"""From a recording to who said what when."""
