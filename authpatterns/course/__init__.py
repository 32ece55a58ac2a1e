"""The tools that keep the notebooks: build, run, compare. A reader of the lessons needs only `launch`."""
