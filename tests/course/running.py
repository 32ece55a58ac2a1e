"""The code cells of a lesson, run in this process."""

import ast

from authpatterns.course import books


def run_cells(course, lesson, space, *, lang="en"):
    """Run every code cell in `space`; what each shows, by cell id."""
    cells = books.read(course.notebook(lesson, lang)).cells
    return {cell.id: shown(cell.source, space) for cell in cells if cell.cell_type == "code"}


def shown(source, space):
    """Run a cell; the value of its last expression, as Jupyter would show it."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), space)
    return None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), space)
