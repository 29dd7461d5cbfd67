"""The command line, one module per verb. No module imports a framework before it needs it."""
