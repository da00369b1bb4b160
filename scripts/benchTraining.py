"""The other side of `scripts/benchTraining.mjs`: the same training steps with torch, on the CPU.

`python benchTraining.py D N K BATCH dense|bag` reads one line for each group of steps and answers its milliseconds.
`dense` is the reference as it is written (test/golden/sae_training.py); `bag` reads only the kept decoder rows, with
`embedding_bag`, whose gradient is as sparse as ours.
"""

import json
import resource
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parent.parent / 'test' / 'golden'))
from sae_training import Options, Trainer, initial_parameters, loss_scale  # noqa: E402


class BagTrainer(Trainer):
    """TopK only, and no dead features: what the benchmark's steps need."""

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        p = self.parameters
        pre = F.linear(x - p['preBias'], p['encoder'], p['latentBias'])
        values, places = pre.topk(self.options.k, dim=-1, sorted=False)
        codes = values.relu()
        rebuilt = F.embedding_bag(places, p['decoder'], per_sample_weights=codes, mode='sum') + p['preBias']
        with torch.no_grad():
            fired = torch.zeros_like(self.since_fired)
            fired.scatter_add_(0, places.flatten(), (values > 1e-3).float().flatten())
            self.since_fired = torch.where(fired > 0, 1.0, self.since_fired + 1)
        target = x - rebuilt.detach() + p['preBias'].detach()
        aux = (p['preBias'] - target).square().mean() / (target - target.mean(0)).square().mean()
        main = (rebuilt - x).square().mean() * self.scale
        return {'loss': main + self.options.aux_coefficient * aux}


d_model, n_features, k, batch = map(int, sys.argv[1:5])
options = Options(d_model=d_model, n_features=n_features, k=k, aux_k=min(256, n_features))
data = torch.randn(8 * batch, d_model, generator=torch.Generator().manual_seed(0))
kind = BagTrainer if sys.argv[5] == 'bag' else Trainer
trainer = kind(options, initial_parameters(options, data.mean(0), 0), loss_scale(data))
batches = data.split(batch)
print(json.dumps({'torch': torch.__version__, 'threads': torch.get_num_threads()}), flush=True)
done = 0
for line in sys.stdin:
    steps = int(line)
    start = time.perf_counter()
    for _ in range(steps):
        trainer.step(batches[done % len(batches)])
        done += 1
    ms = (time.perf_counter() - start) * 1000
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_seconds = used.ru_utime + used.ru_stime
    print(json.dumps({'ms': ms, 'cpuSeconds': cpu_seconds, 'peakMb': used.ru_maxrss / 1024}), flush=True)
