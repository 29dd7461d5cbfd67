"""Small helpers without a subject of their own: files, untrusted input, wording."""
