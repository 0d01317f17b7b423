"""Compile LLVM code to functions of this machine; the machine code is kept in the user's cache."""

from contextlib import suppress
from ctypes import CFUNCTYPE
from hashlib import sha256
from pathlib import Path
from typing import Any

import llvmlite
from llvmlite import binding

from microgradnet._shared.files import write_atomically
from microgradnet.compiling.tape import cache_folder


def _machine() -> Any:
    """This machine, with all that its processor can do."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_default_triple()
    return target.create_target_machine(
        cpu=binding.get_host_cpu_name(), features=binding.get_host_cpu_features().flatten(), opt=2
    )


class MachineCode:
    """The compiled function "run" of a module; keep it as long as the function is called.

    Args:
        text: LLVM code.
        result, arguments: the function's types, of `ctypes`.

    Attributes:
        run: the function; other threads run meanwhile.
    """

    def __init__(self, text: str, result: Any, *arguments: Any) -> None:
        machine = _machine()
        module = binding.parse_assembly(text)
        module.triple = machine.triple
        self._engine = binding.create_mcjit_compiler(module, machine)
        key = "\n".join([text, llvmlite.__version__, binding.get_host_cpu_name(), str(binding.get_host_cpu_features())])
        path = _path(sha256(key.encode()).hexdigest()[:16])
        kept = _read(path)
        if kept is None:
            options = binding.create_pipeline_tuning_options(speed_level=2)
            options.loop_vectorization = options.slp_vectorization = False  # all is in vectors already
            options.loop_unrolling = False  # it takes as long as all the rest
            binding.create_pass_builder(machine, options).getModulePassManager().run(
                module, binding.create_pass_builder(machine, options)
            )
        self._engine.set_object_cache(lambda _, code: _write(path, code), lambda _: kept)
        self._engine.finalize_object()
        self.run = CFUNCTYPE(result, *arguments)(self._engine.get_function_address("run"))


def _path(name: str) -> Path | None:
    folder = cache_folder()
    return folder and folder / f"fused_{name}.o"


def _read(path: Path | None) -> bytes | None:
    """The machine code in a file; None if there is none, or it is damaged."""
    try:
        digest, code = path.read_bytes().split(b"\n", 1) if path else (b"", b"")
    except (OSError, ValueError):
        return None
    return code if digest == sha256(code).hexdigest().encode() else None


def _write(path: Path | None, code: bytes) -> None:
    if path:
        with suppress(OSError):  # it is compiled again next time
            write_atomically(path, sha256(code).hexdigest().encode() + b"\n" + code)
