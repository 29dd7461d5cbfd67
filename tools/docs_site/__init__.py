"""The documentation site: pages that are generated, and the build."""
