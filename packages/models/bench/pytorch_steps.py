"""CPU milliseconds of one training step of four networks in PyTorch, one thread, as JSON lines.

Reads a name a line from standard input and answers each with one round, so that another program can take turns with it:
echo mlp200 | python3 pytorch_steps.py
"""
import json
import os
import sys
import time
os.environ['OMP_NUM_THREADS'] = '1'
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(1)


class Mlp(nn.Sequential):
    def __init__(self, inputs, hidden):
        super().__init__(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 3))


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Conv1d(8, 32, 5, padding=2), nn.Conv1d(32, 64, 5, 2, 2), nn.Conv1d(64, 64, 5, 2, 2)
        self.head = nn.Linear(64, 3)

    def forward(self, x):
        return self.head(F.relu(self.c(F.relu(self.b(F.relu(self.a(x)))))).mean(2))


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.n1, self.n2, self.heads = nn.LayerNorm(d), nn.LayerNorm(d), heads
        self.q, self.k, self.v, self.o = (nn.Linear(d, d) for _ in range(4))
        self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x, mask):
        y = self.n1(x)
        b, rows, d = y.shape
        split = lambda t: t.reshape(b, rows, self.heads, d // self.heads).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(split(self.q(y)), split(self.k(y)), split(self.v(y)), attn_mask=mask)
        x = x + self.o(mixed.transpose(1, 2).reshape(b, rows, d))
        return x + self.down(F.gelu(self.up(self.n2(x)), approximate='tanh'))


class Transformer(nn.Module):
    def __init__(self, rows=128, d=64, heads=4):
        super().__init__()
        self.embed, self.position = nn.Linear(5, d), nn.Parameter(torch.randn(rows, d) * 0.02)
        self.blocks = nn.ModuleList([Block(d, heads) for _ in range(2)])
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, 3)

    def forward(self, x):
        x, mask = x
        seen = (mask != 0)[:, None, None, :]
        x = self.embed(x) + self.position
        for block in self.blocks:
            x = block(x, seen)
        pooled = (self.norm(x) * mask[:, :, None]).sum(1) / mask.sum(1).clamp(min=1)[:, None]
        return self.head(pooled)


def rows_and_mask():
    mask = torch.ones(16, 128)
    mask[:, :16] = 0
    return torch.randn(16, 128, 5), mask


CASES = {
    'mlp200': (lambda: Mlp(200, 64), lambda: torch.randn(64, 200), 64, 200),
    'mlp3000': (lambda: Mlp(3000, 256), lambda: torch.randn(64, 3000), 64, 20),
    'cnn': (Cnn, lambda: torch.randn(32, 8, 600), 32, 4),
    'transformer': (Transformer, rows_and_mask, 16, 4),
}


def contestant(name):
    build, data, batch, steps = CASES[name]
    model, x, y = build(), data(), torch.randint(3, (batch,))
    weights = torch.ones(batch)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, foreach=True)

    def step():
        loss = (F.cross_entropy(model(x), y, reduction='none') * weights).sum() / weights.sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return loss

    def run():
        start = time.process_time()
        for _ in range(steps):
            loss = step()
        return 1e3 * (time.process_time() - start) / steps, loss.item()

    run()
    return run


def gemm():
    a, b = torch.randn(512, 512), torch.randn(512, 512)

    def run():
        start = time.process_time()
        for _ in range(10):
            c = a @ b
        return 1e2 * (time.process_time() - start), c.sum().item()

    return run


runs = {}
for line in sys.stdin:
    name = line.strip()
    if name not in runs:
        runs[name] = gemm() if name == 'gemm' else contestant(name)
    ms, loss = runs[name]()
    print(json.dumps({'name': name, 'cpuMs': ms, 'loss': loss, 'torch': torch.__version__}), flush=True)
