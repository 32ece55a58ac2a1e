"""How Sphinx builds the site. The language and what depends on it are given by `authpatterns.site.command`."""

project = "authpatterns"
copyright = "authpatterns contributors, CC BY 4.0"  # noqa: A001  (Sphinx's name for it)
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "authpatterns.site.extension"]
templates_path = ["_templates"]

# Notebooks are shown as they were committed; nothing runs here, and no widget is looked for on somebody else's server.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, object] = {}
nb_mime_priority_overrides = [("html", "text/html", 0)]
nb_render_markdown_format = "myst"
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_block"]
suppress_warnings = [
    "misc.highlighting_failure",  # a fragment of an HTTP message is no whole message, and is coloured all the same
    "ref.python",  # a short name in an annotation may mean several things; then it is no link
]

# Docstrings name things in single backticks.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
toc_object_entries = False
add_module_names = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_theme_options: dict[str, object] = {"top_of_page_buttons": []}
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/twin.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_copy_source = False
html_show_sphinx = False
html_use_index = True
html_domain_indices = False
