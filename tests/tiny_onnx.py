"""An ONNX file, written byte by byte: a convolution whose windows do not overlap, ReLU, a global average, a linear layer."""


def varint(n):
    return bytes([n]) if n < 128 else bytes([n % 128 + 128]) + varint(n // 128)


def field(number, content):
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def node(operation, inputs, output, attributes=b""):
    return field(1, b"".join(field(1, x) for x in inputs) + field(2, output) + field(3, output) + field(4, operation) + attributes)


def whole_numbers(name, numbers):
    return field(5, field(1, name) + b"".join(field(8, n) for n in numbers) + field(20, 7))


def tensor(name, array):
    return field(5, b"".join(field(1, n) for n in array.shape) + field(2, 1) + field(8, name) + field(9, array.astype("<f4").tobytes()))


def value(number, name, sizes):
    shape = b"".join(field(1, field(2, "n") if n is None else field(1, n)) for n in sizes)
    return field(number, field(1, name) + field(2, field(1, field(1, 1) + field(2, shape))))


def network(conv, bias, weights, biases, side):
    """conv [channels, 3, window, window] with bias sees pictures of side x side pixels, weights [classes, channels] with biases its means."""
    trans = field(5, field(1, "transB") + field(3, 1) + field(20, 2))
    graph = node("Conv", ["x", "conv", "bias"], "seen", whole_numbers("strides", conv.shape[2:])) + node("Relu", ["seen"], "maps")
    graph += node("GlobalAveragePool", ["maps"], "pooled") + node("Flatten", ["pooled"], "features")
    graph += node("Gemm", ["features", "fc.weight", "fc.bias"], "logits", trans) + field(2, "drawn")
    for name, array in (("conv", conv), ("bias", bias), ("fc.weight", weights), ("fc.bias", biases)):
        graph += tensor(name, array)
    graph += value(11, "x", [None, 3, side, side]) + value(12, "logits", [None, len(biases)])
    return field(1, 7) + field(7, graph) + field(8, field(2, 13))
