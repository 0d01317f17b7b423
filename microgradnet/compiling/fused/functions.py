"""Functions of `Numbers` in LLVM code, without branches and at most 2 ulp off.

A function of vectors is a polynomial of a reduced argument. It is written once, with operators on `Numbers`, and
becomes an LLVM function that LLVM may inline.
"""

from collections.abc import Callable
from math import factorial, inf, nan

from llvmlite import ir

from microgradnet.compiling.fused.lanes import DOUBLE, FLOAT, Numbers, constant

ROUNDING = 1.5 * 2.0**52
"""Added to a number, it leaves the nearest integer in the low bits."""
ROUNDING_BITS = 0x4338000000000000
LOG2_E, LN2_HIGH, LN2_LOW = 1.4426950408889634, 6.93147180369123816490e-01, 1.90821492927058770002e-10
EXPM1 = [1.0 / factorial(n) for n in range(13, 1, -1)]
"""(exp(r) − 1 − r) / r² for |r| ≤ ln(2)/2, from the highest power down."""
LOG = [
    1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
    2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01,
]  # fmt: skip
"""(log(1 + f) − 2s) / s³ as a polynomial in s² with s = f / (2 + f), from the highest power down (Sun's fdlibm)."""
SQRT_HALF_BITS, ONE_BITS = 0x3FE6A09E667F3BCD, 0x3FF0000000000000
SMALLEST_NORMAL = 2.0**-1022


def _polynomial(x: Numbers, coefficients: list[float]) -> Numbers:
    result = x.times_plus(coefficients[0], coefficients[1])
    for coefficient in coefficients[2:]:
        result = result.times_plus(x, coefficient)
    return result


def _power_of_two(exponent: Numbers) -> Numbers:
    return exponent.plus(1023).shifted(52).doubles()


def _reduced(x: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The integer k nearest to x / ln(2), as integer and double, and exp(x − k·ln(2)) − 1."""
    rounded = x.times_plus(LOG2_E, ROUNDING)
    k = rounded - ROUNDING
    r = k.times_plus(-LN2_LOW, k.times_plus(-LN2_HIGH, x))
    return rounded.bits().minus(ROUNDING_BITS), k, (r * r).times_plus(_polynomial(r, EXPM1), r)


def _scaled(x: Numbers, k: Numbers) -> Numbers:
    """Numbers times 2ᵏ, also where 2ᵏ alone is no double."""
    half = k.shifted(-1)
    return x * _power_of_two(half) * _power_of_two(k.minus(half))


def _between(x: Numbers, least: float, most: float) -> Numbers:
    x = (x < least).where(least, x)
    return (x > most).where(most, x)


def exp(x: Numbers) -> Numbers:
    """eˣ."""
    k, _, reduced = _reduced(_between(x, -750.0, 710.0))
    return _scaled(reduced + 1.0, k)


def expm1(x: Numbers) -> Numbers:
    """eˣ − 1."""
    k, number, reduced = _reduced(_between(x, -50.0, 710.0))
    scale = _power_of_two(k)
    result = reduced.times_plus(scale, scale - 1.0)
    return (number >= 1024.0).where(_scaled(reduced + 1.0, k), result)


def tanh(x: Numbers) -> Numbers:
    """The hyperbolic tangent, t / (t + 2) with t = exp(2x) − 1, the quotient corrected by its remainder."""
    size = x.intrinsic("fabs")
    size = (size > 22.0).where(22.0, size)
    t = expm1(size * 2.0)
    divisor = t + 2.0
    inverse = 1.0 / divisor
    quotient = t * inverse
    lost = t - (divisor - 2.0)
    remainder = quotient.times_plus(-lost, (-quotient).times_plus(divisor, t))
    result = remainder.times_plus(inverse, quotient)
    return result.intrinsic("copysign", x)


def _log(u: Numbers, low: Numbers | float) -> Numbers:
    """log(u) + low, for u > 0 and a small `low`; infinities, NaN and u ≤ 0 have their usual results."""
    is_tiny = u < SMALLEST_NORMAL
    normal = is_tiny.where(u * 2.0**54, u)
    bits = normal.bits().plus(ONE_BITS - SQRT_HALF_BITS)
    exponent = bits.shifted(-52).minus(1023)
    k = (
        exponent.plus(ROUNDING_BITS).doubles()
        - ROUNDING
        - is_tiny.where(Numbers(u.builder, constant(u.value.type, 54.0)), 0.0)
    )
    f = bits.both((1 << 52) - 1).plus(SQRT_HALF_BITS).doubles() - 1.0
    s = f / (f + 2.0)
    z = s * s
    half_square = f * f * 0.5
    rest = z * _polynomial(z, LOG) + half_square
    result = k * LN2_HIGH - ((half_square - (s * rest + (k * LN2_LOW + low))) - f)
    beyond = (u >= 0.0).where((u > 0.0).where(u, -inf), nan)
    return (u > 0.0).where((u < inf).where(result, u), beyond)


def log(x: Numbers) -> Numbers:
    """The natural logarithm."""
    return _log(x, 0.0)


def log1p(x: Numbers) -> Numbers:
    """log(1 + x), with the part of x that is lost in 1 + x."""
    u = x + 1.0
    return _log(u, (x - (u - 1.0)) / u)


def maximum(x: Numbers, y: Numbers) -> Numbers:
    """The larger; NaN if one is."""
    return (x > y).where(x, x.is_nan().where(x, y))


def minimum(x: Numbers, y: Numbers) -> Numbers:
    """The smaller; NaN if one is."""
    return (x < y).where(x, x.is_nan().where(x, y))


def sign(x: Numbers) -> Numbers:
    """−1, 0 or 1."""
    return (x > 0.0).where(1.0, (x < 0.0).where(-1.0, x))


def _each(name: str) -> Callable[..., Numbers]:
    """A function of C's library, applied lane by lane."""

    def function(*operands: Numbers) -> Numbers:
        builder, value = operands[0].builder, operands[0].value
        called = builder.module.globals.get(name) or ir.Function(
            builder.module, ir.FunctionType(DOUBLE, [DOUBLE] * len(operands)), name
        )
        if value.type == DOUBLE:
            return Numbers(builder, builder.call(called, [operand.value for operand in operands]))
        result = constant(value.type, 0.0)
        for lane in range(value.type.count):
            place = ir.Constant(ir.IntType(32), lane)
            numbers = [builder.extract_element(operand.value, place) for operand in operands]
            result = builder.insert_element(result, builder.call(called, numbers), place)
        return Numbers(builder, result)

    return function


FUNCTIONS: dict[str, Callable[..., Numbers]] = {
    "abs": lambda x: x.intrinsic("fabs"),
    "add": lambda x, y: x + y,
    "copy": lambda x: x,
    "divide": lambda x, y: x / y,
    "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
    "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y,
    "maximum": maximum,
    "minimum": minimum,
    "multiply": lambda x, y: x * y,
    "negative": lambda x: -x,
    "sign": sign,
    "sqrt": lambda x: x.intrinsic("sqrt"),
    "subtract": lambda x, y: x - y,
    "where": lambda condition, x, y: condition.where(x, y),
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "tanh": tanh,
    "cos": _each("cos"),
    "erf": _each("erf"),
    "erfc": _each("erfc"),
    "power": _each("pow"),
    "sin": _each("sin"),
}
"""The elementwise functions of instructions."""
LONG = ("exp", "expm1", "log", "log1p", "tanh")
"""Those that become LLVM functions."""
OF_DOUBLES = (*LONG, "cos", "erf", "erfc", "power", "sin")
"""Those that are computed in double precision."""


def call(name: str, operands: list[Numbers]) -> Numbers:
    """Append the code of a function, or a call of it if it is long."""
    if name in OF_DOUBLES and operands[0].element == FLOAT:
        return call(name, [operand.as_type(DOUBLE) for operand in operands]).as_type(FLOAT)
    if name not in LONG:
        return FUNCTIONS[name](*operands)
    builder, (value,) = operands[0].builder, [operand.value for operand in operands]
    full = f"{name}.{value.type.count if isinstance(value.type, ir.VectorType) else 1}"
    function = builder.module.globals.get(full)
    if function is None:
        function = ir.Function(builder.module, ir.FunctionType(value.type, [value.type]), full)
        function.linkage = "internal"
        inside = ir.IRBuilder(function.append_basic_block())
        inside.ret(FUNCTIONS[name](Numbers(inside, function.args[0])).value)
    return Numbers(builder, builder.call(function, [value]))
