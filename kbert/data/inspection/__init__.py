"""Inspection: facts about labelled data, and findings about them."""
