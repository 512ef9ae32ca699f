"""Writes mlp.json, cnn.json and transformer.json beside this file: loss curves in float64 by PyTorch.

python3 -m venv v && v/bin/pip install torch numpy && v/bin/python goldens/loss_curves.py

Weights and data are the formula `spread` of their index, which TypeScript and Python compute alike to the last bit.
src/loss-curves.test.ts holds the same models and compares.
"""
import json
import math
import os
import platform
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
STEPS, BATCH = 40, 8


def spread(start, count):
    """Numbers in [-0.5, 0.5): a multiplicative hash of the indices start, start + 1, …"""
    return [((start + i) * 2654435761 % 4294967296) / 4294967296 - 0.5 for i in range(count)]


class Weights:
    """Parameters in the order in which the model first uses them, one behind the other."""

    def __init__(self):
        self.list, self.offset = [], 0

    def __call__(self, shape, scale, center=0.0):
        size = math.prod(shape)
        values = torch.tensor([center + scale * v for v in spread(self.offset, size)]).reshape(shape)
        self.offset += size
        self.list.append(values.requires_grad_())
        return self.list[-1]

    def dense(self, inner, units):
        return self([inner, units], 0.5), self([units], 0.125)

    def norm(self, size):
        return self([size], 0.125, 1.0), self([size], 0.125)


def affine(x, wb):
    return x @ wb[0] + wb[1]


def mlp(w):
    layers = [w.dense(20, 16), w.dense(16, 16), w.dense(16, 3)]
    return lambda b: affine(F.relu(affine(F.relu(affine(b['x'], layers[0])), layers[1])), layers[2])


def cnn(w):
    convs = [(w([5 * a, c], 0.5), w([c], 0.125), a, c, s) for a, c, s in ((4, 8, 1), (8, 8, 2), (8, 6, 2))]
    last = w.dense(6, 3)

    def forward(b):
        x = b['x'].reshape(BATCH, 24, 4).transpose(1, 2)
        for weight, bias, a, c, stride in convs:
            kernel = weight.reshape(5, a, c).permute(2, 1, 0)
            x = F.relu(F.conv1d(x, kernel, bias, stride=stride, padding=2))
        return affine(x.mean(2), last)

    return forward


def transformer(w):
    rows, d, heads = 12, 8, 2
    embed = w.dense(5, d)
    position = w([rows, d], 0.25)
    blocks = []
    for _ in range(2):
        blocks.append((w.norm(d), w.dense(d, d), w.dense(d, d), w.dense(d, d), w.dense(d, d),
                       w.norm(d), w.dense(d, 4 * d), w.dense(4 * d, d)))
    final, head = w.norm(d), w.dense(d, 3)

    def forward(b):
        mask = b['mask']
        x = affine(b['x'].reshape(BATCH, rows, 5), embed) + position
        for n1, q, k, v, o, n2, up, down in blocks:
            y = F.layer_norm(x, [d], n1[0], n1[1], 1e-5)
            split = lambda p: affine(y, p).reshape(BATCH, rows, heads, d // heads).transpose(1, 2)
            mixed = F.scaled_dot_product_attention(split(q), split(k), split(v), attn_mask=(mask != 0)[:, None, None, :])
            x = x + affine(mixed.transpose(1, 2).reshape(BATCH, rows, d), o)
            y = F.layer_norm(x, [d], n2[0], n2[1], 1e-5)
            x = x + affine(F.gelu(affine(y, up), approximate='tanh'), down)
        x = F.layer_norm(x, [d], final[0], final[1], 1e-5)
        pooled = (x * mask[:, :, None]).sum(1) / mask.sum(1).clamp(min=1)[:, None]
        return affine(pooled, head)

    return forward


def batch_of(step, width, rows):
    x = torch.tensor([4 * v for v in spread(1000003 * (step + 1), BATCH * width)]).reshape(BATCH, width)
    y = torch.tensor([int(3 * (v + 0.5)) for v in spread(7919 * (step + 1), BATCH)])
    weight = torch.tensor([1.0, 0.5, 1.0, 0.0, 2.0, 1.0, 0.25, 1.0])
    mask = torch.tensor([[1.0 if row >= sample % 5 else 0.0 for row in range(rows)] for sample in range(BATCH)])
    return {'x': x, 'y': y, 'weight': weight, 'mask': mask}


def curve(name, build, width, rows, optimizer):
    weights = Weights()
    forward = build(weights)
    optimise = optimizer(weights.list)
    losses = []
    for step in range(STEPS):
        batch = batch_of(step, width, rows)
        each = F.cross_entropy(forward(batch), batch['y'], reduction='none')
        loss = (each * batch['weight']).sum() / batch['weight'].sum()
        losses.append(loss.item())
        optimise.zero_grad()
        loss.backward()
        optimise.step()
    made = f'PyTorch {torch.__version__}, float64, one thread, Python {platform.python_version()}'
    golden = {'made': made, 'weights': weights.offset, 'losses': losses}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f'{name}.json')
    with open(path, 'w') as file:
        file.write(json.dumps(golden) + '\n')
    print(name, weights.offset, losses[0], losses[-1])


adamw = lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
# m <- 0.9 m + g, theta <- theta - 0.05 m
momentum = lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)
curve('mlp', mlp, 20, 1, adamw)
curve('mlp-sgd', mlp, 20, 1, momentum)
curve('cnn', cnn, 24 * 4, 24, adamw)
curve('transformer', transformer, 12 * 5, 12, adamw)
