"""Writes foreign.onnx and foreign.json beside this file: a small network as PyTorch exports it, and what it answers.

v/bin/pip install torch onnx && v/bin/python goldens/foreign_file.py
"""
import json
import os
import warnings
import torch

warnings.filterwarnings('ignore')
torch.manual_seed(5)
here = os.path.dirname(os.path.abspath(__file__))


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.gru = torch.nn.Conv1d(2, 4, 3, padding=1), torch.nn.Linear(4 * 6 + 3, 5)
        self.head = torch.nn.Linear(5, 3)

    def forward(self, candles, book):
        x = torch.relu(self.conv(candles.transpose(1, 2))).flatten(1)
        return torch.softmax(self.head(torch.tanh(self.gru(torch.cat([x, book], 1)))), 1)


net = Net().eval()
candles, book = torch.randn(1, 6, 2), torch.randn(1, 3)
torch.onnx.export(net, (candles, book), os.path.join(here, 'foreign.onnx'), dynamo=False, opset_version=17,
                  input_names=['candles', 'book'], output_names=['probabilities'],
                  dynamic_axes={'candles': {0: 'n'}, 'book': {0: 'n'}, 'probabilities': {0: 'n'}})
answer = {'made': f'PyTorch {torch.__version__}', 'candles': candles.flatten().tolist(), 'book': book.flatten().tolist(),
          'probabilities': net(candles, book).flatten().tolist()}
with open(os.path.join(here, 'foreign.json'), 'w') as file:
    file.write(json.dumps(answer) + '\n')
