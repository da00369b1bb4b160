"""The other side of `npm run bench`: the same pictures with diffusers, torch eager, on the CPU.

`python benchTorch.py MODEL_DIR` reads one JSON request a line and answers the milliseconds from call to pixels.
"""

import json
import sys
import time

import diffusers
import torch

pipeline = diffusers.StableDiffusionXLPipeline.from_pretrained(sys.argv[1], torch_dtype=torch.float32)
pipeline.set_progress_bar_config(disable=True)
print(
    json.dumps({'torch': torch.__version__, 'diffusers': diffusers.__version__, 'threads': torch.get_num_threads()}),
    flush=True,
)

for line in sys.stdin:
    request = json.loads(line)
    start = time.perf_counter()
    with torch.inference_mode():
        image = pipeline(
            prompt=request['prompt'],
            num_inference_steps=request['steps'],
            guidance_scale=request['guidanceScale'],
            width=request['width'],
            height=request['height'],
            generator=torch.Generator('cpu').manual_seed(request['seed']),
            output_type='np',
        ).images[0]
    pixels = (image * 255).round().astype('uint8')
    print(json.dumps({'ms': (time.perf_counter() - start) * 1000, 'shape': pixels.shape}), flush=True)
