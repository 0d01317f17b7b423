"""Operations as a user would write them, for the tests: of one, two, three operands, with a constant, with cases."""

from typing import Any

from microgradnet import operation
from microgradnet.ops import Operation

NAMES = ("cube", "hypotenuse", "lerp", "swish", "shrink")


def cube_derivatives(m: Any, y: Any, x: Any) -> tuple[Any, ...]:
    return (3 * x**2,)


def cube(m: Any, x: Any) -> Any:
    """The cube of x."""
    return x**3


def hypotenuse_derivatives(m: Any, y: Any, a: Any, b: Any) -> tuple[Any, ...]:
    return a / y, b / y


def hypotenuse(m: Any, a: Any, b: Any) -> Any:
    return m.sqrt(a * a + b * b)


def lerp_derivatives(m: Any, y: Any, a: Any, b: Any, t: Any) -> tuple[Any, ...]:
    return 1 - t, t, b - a


def lerp(m: Any, a: Any, b: Any, t: Any) -> Any:
    return a + t * (b - a)


def swish_derivatives(m: Any, y: Any, x: Any, beta: Any) -> tuple[Any, ...]:
    s = m.sigmoid(beta * x)
    return (s + beta * y * (1 - s),)


def swish(m: Any, x: Any, beta: Any = 1.0) -> Any:
    return x * m.sigmoid(beta * x)


def shrink_derivatives(m: Any, y: Any, x: Any) -> tuple[Any, ...]:
    return (m.where(m.abs(x) > 0.5, 1, 0),)


def shrink(m: Any, x: Any) -> Any:
    return m.where(x > 0.5, x - 0.5, m.where(x < -0.5, x + 0.5, 0))


def defined() -> dict[str, Operation]:
    """These operations, by their names; they are in the table until the test ends."""
    functions = (
        operation(derivatives=cube_derivatives, symbol="x³", text="{0}³", latex="{0}^{{3}}")(cube),
        operation(derivatives=hypotenuse_derivatives, sample=(0.5, 3.0), domain="a, b not both 0")(hypotenuse),
        operation(derivatives=lerp_derivatives)(lerp),
        operation(derivatives=swish_derivatives, constants=1)(swish),
        operation(derivatives=shrink_derivatives)(shrink),
    )
    return {function.__name__: function for function in functions}
