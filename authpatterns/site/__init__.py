"""The course as a web site: two Sphinx builds, one for each language, from the committed notebooks."""
