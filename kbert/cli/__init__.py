"""The command line, a verb a module. None imports a framework before it needs it."""
