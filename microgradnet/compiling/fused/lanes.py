"""`Numbers`: LLVM code for arithmetic on several samples at once."""

from typing import Any, NamedTuple

from llvmlite import ir

DOUBLE, FLOAT, INTEGER = ir.DoubleType(), ir.FloatType(), ir.IntType(64)


class Kind(NamedTuple):
    """A kind of numbers: LLVM's type, how many lanes a row of samples has, and the bytes of a number."""

    number: Any
    lanes: int
    bytes: int

    @property
    def vector(self) -> Any:
        """The type of a number for each lane."""
        return ir.VectorType(self.number, self.lanes)


def kind_of(dtype: str, few: bool) -> Kind:
    """The numbers of a dtype: a row of lanes is a cache line; or for few samples, at most 4, half of one."""
    number, lanes, size = (DOUBLE, 8, 8) if dtype == "float64" else (FLOAT, 16, 4)
    return Kind(number, lanes // 2 if few else lanes, size)


def constant(type_: Any, number: float) -> Any:
    """A number, in each lane if the type is a vector."""
    if isinstance(type_, ir.VectorType):
        return ir.Constant(type_, [ir.Constant(type_.element, number)] * type_.count)
    return ir.Constant(type_, number)


class Numbers:
    """A number for each lane, or a single one, with operators that append LLVM instructions.

    Args:
        builder: where they are appended.
        value: LLVM's value: of doubles, integers or Booleans.
    """

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def _of(self, other: "Numbers | float") -> Any:
        return other.value if isinstance(other, Numbers) else constant(self.value.type, other)

    def _new(self, value: Any) -> "Numbers":
        return Numbers(self.builder, value)

    def __add__(self, other: "Numbers | float") -> "Numbers":
        return self._new(self.builder.fadd(self.value, self._of(other)))

    def __sub__(self, other: "Numbers | float") -> "Numbers":
        return self._new(self.builder.fsub(self.value, self._of(other)))

    def __rsub__(self, other: float) -> "Numbers":
        return self._new(self.builder.fsub(self._of(other), self.value))

    def __mul__(self, other: "Numbers | float") -> "Numbers":
        return self._new(self.builder.fmul(self.value, self._of(other)))

    def __truediv__(self, other: "Numbers | float") -> "Numbers":
        return self._new(self.builder.fdiv(self.value, self._of(other)))

    def __rtruediv__(self, other: float) -> "Numbers":
        return self._new(self.builder.fdiv(self._of(other), self.value))

    def __neg__(self) -> "Numbers":
        return self._new(self.builder.fneg(self.value))

    def __lt__(self, other: "Numbers | float") -> "Numbers":
        return self._new(self.builder.fcmp_ordered("<", self.value, self._of(other)))

    def __gt__(self, other: "Numbers | float") -> "Numbers":
        return self._new(self.builder.fcmp_ordered(">", self.value, self._of(other)))

    def __le__(self, other: "Numbers | float") -> "Numbers":
        return self._new(self.builder.fcmp_ordered("<=", self.value, self._of(other)))

    def __ge__(self, other: "Numbers | float") -> "Numbers":
        return self._new(self.builder.fcmp_ordered(">=", self.value, self._of(other)))

    def is_nan(self) -> "Numbers":
        """Which of them are NaN."""
        return self._new(self.builder.fcmp_unordered("uno", self.value, self.value))

    def where(self, if_true: "Numbers | float", if_false: "Numbers | float") -> "Numbers":
        """These Booleans choose between two numbers, at most one of which is a float."""
        known = if_true if isinstance(if_true, Numbers) else if_false
        assert isinstance(known, Numbers)
        return self._new(self.builder.select(self.value, known._of(if_true), known._of(if_false)))

    def times_plus(self, factor: "Numbers | float", addend: "Numbers | float") -> "Numbers":
        """The product with a factor, plus an addend, rounded once."""
        return self.intrinsic("fma", factor, addend)

    def intrinsic(self, name: str, *others: "Numbers | float") -> "Numbers":
        """Call a function that LLVM has: "fabs", "fma", "copysign"."""
        values = [self.value, *map(self._of, others)]
        type_, module = self.value.type, self.builder.module
        element, count = (type_.element, f"v{type_.count}") if isinstance(type_, ir.VectorType) else (type_, "")
        full = f"llvm.{name}.{count}{element.intrinsic_name}"
        function = module.globals.get(full) or ir.Function(module, ir.FunctionType(type_, [type_] * len(values)), full)
        return self._new(self.builder.call(function, values))

    @property
    def element(self) -> Any:
        """The type of one of them."""
        return self.value.type.element if isinstance(self.value.type, ir.VectorType) else self.value.type

    # --- as other types ---

    def _typed(self, element: Any) -> Any:
        type_ = self.value.type
        return ir.VectorType(element, type_.count) if isinstance(type_, ir.VectorType) else element

    def bits(self) -> "Numbers":
        """The bits of doubles, as integers."""
        return self._new(self.builder.bitcast(self.value, self._typed(INTEGER)))

    def as_type(self, element: Any) -> "Numbers":
        """Rounded to single, or extended to double precision."""
        convert = self.builder.fpext if element == DOUBLE else self.builder.fptrunc
        return self._new(convert(self.value, self._typed(element)))

    def doubles(self) -> "Numbers":
        """The doubles with these bits."""
        return self._new(self.builder.bitcast(self.value, self._typed(DOUBLE)))

    def plus(self, other: "Numbers | int") -> "Numbers":
        """The sum of integers."""
        return self._new(self.builder.add(self.value, self._of(other)))

    def minus(self, other: "Numbers | int") -> "Numbers":
        """The difference of integers."""
        return self._new(self.builder.sub(self.value, self._of(other)))

    def both(self, other: int) -> "Numbers":
        """The bits that are set in both."""
        return self._new(self.builder.and_(self.value, self._of(other)))

    def shifted(self, bits: int) -> "Numbers":
        """To the left, or for negative `bits` to the right, with the sign."""
        shift = self.builder.shl if bits > 0 else self.builder.ashr
        return self._new(shift(self.value, self._of(abs(bits))))
