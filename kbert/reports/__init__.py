"""What people look at when a run has ended: a page, its plots and a model card."""
