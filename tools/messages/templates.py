"""What a template can be, found in the code without running it.

A template may be chosen or joined from several constants.
"""

import ast


def templates(node, scopes):
    """All values that an expression made of constants can have; none for other expressions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return every(templates(node.body, scopes), templates(node.orelse, scopes))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return joined(templates(node.left, scopes), templates(node.right, scopes))
    if isinstance(node, ast.JoinedStr):
        found = {""}
        for part in node.values:
            inside = part.value if isinstance(part, ast.FormattedValue) else part
            found = joined(found, templates(inside, scopes))
        return found
    if isinstance(node, ast.Dict):  # of which a key selects one
        return set().union(*(templates(value, scopes) for value in node.values))
    if isinstance(node, ast.Subscript):
        return templates(node.value, scopes)
    if isinstance(node, ast.Name):
        return assigned(node.id, scopes)
    return set()


def every(one, other):
    """All that either of two can be, if both are known."""
    return one | other if one and other else set()


def joined(starts, ends):
    """All that the two can be when joined."""
    return {start + end for start in starts for end in ends}


def assigned(name, scopes):
    """All that a name can be in the innermost scope which assigns it."""
    for scope in scopes:
        found, any_unknown = set(), False
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and any(is_name(x, name) for x in node.targets):
                new = templates(node.value, scopes)
            elif isinstance(node, ast.AugAssign) and is_name(node.target, name):
                new = joined(found, templates(node.value, scopes))
            elif isinstance(node, ast.For) and isinstance(node.target, ast.Tuple):
                names = [getattr(part, "id", "") for part in node.target.elts]
                if name not in names:
                    continue
                rows = [row.elts[names.index(name)] for row in node.iter.elts]
                new = set().union(*(templates(row, scopes) for row in rows))
            else:
                continue
            any_unknown |= not new
            found |= new
        if found or any_unknown:
            return set() if any_unknown else found
    return set()


def is_name(node, name):
    """Whether a node is the variable of that name."""
    return isinstance(node, ast.Name) and node.id == name


def calls(tree, *names):
    """The calls of functions, each with the scopes around it, the innermost first."""

    def visit(node, scopes):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if name in names:
                yield name, node, scopes
        if isinstance(node, ast.FunctionDef):
            scopes = [node, *scopes]
        for child in ast.iter_child_nodes(node):
            yield from visit(child, scopes)

    yield from visit(tree, [tree])
