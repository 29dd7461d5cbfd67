"""Why a model is wrong: its errors, doubtful labels, nearest training rows, explained texts."""
