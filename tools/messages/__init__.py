"""The catalogues of kbert's messages: what is in the code, and what is translated."""
