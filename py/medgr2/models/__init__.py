"""Models, processors and weights: loaded, sealed, and asked for text, scores and likelihoods."""
