"""Runs the ONNX checker and ONNX Runtime for Python over *.onnx of a directory, beside which <name>.json holds inputs
and the answers expected, as bench/write-exports.ts writes them.

v/bin/pip install onnx onnxruntime numpy && v/bin/python goldens/check_exports.py <directory>
"""
import glob
import json
import os
import sys
import numpy as np
import onnx
import onnxruntime

worst = 0.0
files = sorted(glob.glob(os.path.join(sys.argv[1], '*.onnx')))
for path in files:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    case = path[:-5] + '.json'
    if not os.path.exists(case):
        print(f'{os.path.basename(path)}: valid')
        continue
    with open(case) as file:
        case = json.load(file)
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    feeds = {name: np.array(t['data'], np.float32).reshape(t['shape']) for name, t in case['inputs'].items()}
    for name, expected in case['outputs'].items():
        found = session.run([name], feeds)[0].flatten()
        error = float(np.max(np.abs(found - np.array(expected))))
        worst = max(worst, error)
        assert error < 1e-5, (path, name, error)
    print(f'{os.path.basename(path)}: valid, answers agree')
assert files, 'no files'
print(f'{len(files)} files; onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}; worst difference {worst:.1e}')
