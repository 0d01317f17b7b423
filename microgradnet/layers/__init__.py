"""Layers for images and sequences, as modules written in Values; their equations are those of PyTorch.

Each takes one sample and builds its graph; `compile` runs it on a batch. Weights are initialised as those of `Neuron`,
by default "xavier" (Glorot & Bengio 2010); biases start at 0.
"""

from microgradnet.layers.attention import Attention
from microgradnet.layers.convolution import Convolution, Pool
from microgradnet.layers.dropout import Dropout
from microgradnet.layers.embedding import Embedding
from microgradnet.layers.normalisation import LayerNorm
from microgradnet.layers.recurrent import GRU, LSTM, Recurrent

__all__ = ["GRU", "LSTM", "Attention", "Convolution", "Dropout", "Embedding", "LayerNorm", "Pool", "Recurrent"]
