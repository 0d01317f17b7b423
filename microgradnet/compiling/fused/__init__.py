"""The fused engine: an array program compiled by LLVM to one function, which computes a batch tile by tile.

`rolling` finds the instructions that repeat, as those of a network's steps do, and makes a loop of them, of which
`hoisting` takes out products that can be computed for all steps at once; `row_by_row` splits small instructions into
those of single rows. `grouping` puts together what one loop over rows can compute. `code` writes the function, with a
`writer` of loops and memory accesses: `elementwise`, `sums`, `products` and `by_number` write what a group computes, on
the `views` of rows in a `layout` of the memory. `lanes` and `functions` have the arithmetic of several samples at
once, and `machine_code` compiles it all. `engine` is what runs it.

A tile is a few blocks of 8 samples (16 in float32; half as many for batches of at most 4). In memory each block has all
of its rows one after another, so that a row of a block is one or two vectors, and a loop over rows or terms reads
consecutive memory. All instructions, and all turns of their loops, are computed for a tile before the next tile, so
that its rows stay in the cache. What is the same for all samples, such as weights, is computed for each tile again; a
sum over samples adds the blocks of its tile, and the gradients of the tiles are added up. The lanes after the last
sample repeat it, with weight 0.

All modules but this one need llvmlite, which comes with numba, and load with it alone.
"""
