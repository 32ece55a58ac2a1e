"""The same stories, told with the tools that people would otherwise take: one file for each."""
