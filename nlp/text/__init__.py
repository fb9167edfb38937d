"""Words before meaning: folding, tokens, sentences, numerals, names, sounds, and the spaCy pipeline over them."""
