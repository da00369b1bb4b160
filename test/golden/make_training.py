"""Training of small autoencoders with torch: one step from a state in the middle of a training, and whole trainings.

    python make_training.py

Writes training.safetensors:
  samples                     f32 [1280, 24]   what everything is trained on
  init.<parameter>            f32              the state before the first step of the whole trainings
  median                      f64 [24]         geometric median of the samples, converged in float64
  step.x                      f32 [64, 24]
  step.<parameter>[.mean|.square], step.sinceFired          before; some features dead
  step.<rule>.<parameter>[.mean|.square], step.<rule>.sinceFired   after
  run.<rule>.loss, .deadCount f32 [300]        every step of a whole training
  run.<rule>.<parameter>      f32              after it
  run.<rule>.featureMean, .activeCount         f32 [64], over all samples
and training.json with the scalars: options, figures of the steps, the final explained variance and threshold, and the
explained variance after four shuffled trainings of 50 epochs each.
Batch t of the whole trainings is samples (64 t mod 1280) and the 63 after.
"""

from __future__ import annotations

import torch
from common import meta, short, start, write_json, write_tensors
from sae_training import (
    PARAMETERS,
    Options,
    Trainer,
    geometric_median,
    initial_parameters,
    loss_scale,
    made_samples,
)

BATCH = 64
STEPS = 300
SEEDS = {'samples': 1, 'init': 2, 'state': 3}
SIZES = {'d_model': 24, 'n_features': 64, 'k': 4, 'aux_k': 6}
RULES = ('topk', 'batchtopk')
STEPS_BEFORE = 6
EPOCHS = 50
TRAINING_SEEDS = (1, 2, 3, 4)
THIRD = torch.arange(SIZES['n_features']) % 3 == 0
"""Features that start with a bias too low to be kept often: most of them are dead, and AuxK has work."""


def in_the_middle(rule: str, samples: torch.Tensor) -> tuple[Trainer, dict[str, torch.Tensor]]:
    """A trainer whose Adam has made six steps, every third feature dead; the same for both rules."""
    options = Options(**SIZES, rule=rule, dead_after=50, learning_rate=1e-3)
    generator = torch.Generator().manual_seed(SEEDS['state'])
    parameters = initial_parameters(options, samples.mean(0), SEEDS['state'])
    parameters['decoder'] *= 0.9 + 0.2 * torch.rand(options.n_features, 1, generator=generator)
    parameters['latentBias'] += 0.05 * torch.randn(options.n_features, generator=generator) - 0.7 * THIRD
    trainer = Trainer(options, parameters, torch.tensor(0.7))
    trainer.since_fired = torch.where(THIRD, 100.0, 5.0)
    state = {'step.sinceFired': trainer.since_fired.clone()}
    for name, parameter in trainer.parameters.items():
        moments = 1e-3 * torch.randn(2, *parameter.shape, generator=generator)
        trainer.adam.state[parameter] = {
            'step': torch.tensor(float(STEPS_BEFORE)),
            'exp_avg': moments[0].clone(),
            'exp_avg_sq': moments[1].square(),
        }
        state |= {
            f'step.{name}': parameter.detach().clone(),
            f'step.{name}.mean': moments[0].clone(),
            f'step.{name}.square': moments[1].square(),
        }
    return trainer, state


def one_step(rule: str, samples: torch.Tensor) -> tuple[dict, dict]:
    trainer, tensors = in_the_middle(rule, samples)
    x = samples[:BATCH]
    figures = trainer.step(x)
    tensors['step.x'] = x.clone()
    tensors[f'step.{rule}.sinceFired'] = trainer.since_fired
    for name, parameter in trainer.parameters.items():
        adam = trainer.adam.state[parameter]
        tensors[f'step.{rule}.{name}'] = parameter.detach()
        tensors[f'step.{rule}.{name}.mean'] = adam['exp_avg']
        tensors[f'step.{rule}.{name}.square'] = adam['exp_avg_sq']
    return tensors, figures


def whole_training(rule: str, samples: torch.Tensor, init: dict) -> tuple[dict, dict]:
    options = Options(**SIZES, rule=rule, dead_after=20, learning_rate=2e-3, threshold_decay=0.99)
    trainer = Trainer(options, init, loss_scale(samples[: 10 * BATCH]))
    batches = samples.reshape(-1, BATCH, options.d_model)
    curve = [trainer.step(batches[t % len(batches)]) for t in range(STEPS)]
    final = trainer.evaluate(samples)
    tensors = {f'run.{rule}.{name}': trainer.parameters[name].detach() for name in PARAMETERS}
    for name in ('loss', 'deadCount'):
        tensors[f'run.{rule}.{name}'] = torch.tensor([figures[name] for figures in curve])
    for name in ('featureMean', 'activeCount'):
        tensors[f'run.{rule}.{name}'] = final[name]
    return tensors, {
        'lossScale': short(trainer.scale),
        'threshold': trainer.threshold,
        'explainedVariance': short(final['explainedVariance']),
        'l0': short(final['l0']),
        'deadMost': max(figures['deadCount'] for figures in curve),
    }


def shuffled_training(rule: str, seed: int, samples: torch.Tensor, median: torch.Tensor) -> float:
    """Explained variance after a training as people do it: standard start, every epoch in a new order."""
    options = Options(**SIZES, rule=rule, dead_after=20, learning_rate=2e-3, threshold_decay=0.99)
    trainer = Trainer(options, initial_parameters(options, median, seed), loss_scale(samples[: 10 * BATCH]))
    generator = torch.Generator().manual_seed(seed)
    for _ in range(EPOCHS):
        for batch in samples[torch.randperm(len(samples), generator=generator)].split(BATCH):
            trainer.step(batch)
    return short(trainer.evaluate(samples)['explainedVariance'])


def main() -> None:
    start()
    samples = made_samples(1280, SIZES['d_model'], SEEDS['samples'])
    median = geometric_median(samples.double())
    init = initial_parameters(Options(**SIZES), median, SEEDS['init'])
    init['latentBias'] -= 0.7 * THIRD
    tensors = {'samples': samples, 'median': median}
    tensors |= {f'init.{name}': value for name, value in init.items()}
    steps, runs, trainings = {}, {}, {}
    for rule in RULES:
        made, steps[rule] = one_step(rule, samples)
        tensors |= made
        made, runs[rule] = whole_training(rule, samples, init)
        tensors |= made
        trainings[rule] = [shuffled_training(rule, seed, samples, median) for seed in TRAINING_SEEDS]
    facts = meta('make_training.py', ['torch', 'safetensors', 'numpy'], seeds=SEEDS)
    write_tensors('training.safetensors', tensors, facts)
    content = {'meta': facts, 'sizes': {**SIZES, 'batch': BATCH, 'stepsBefore': STEPS_BEFORE}}
    write_json('training.json', {**content, 'steps': steps, 'runs': runs, 'trainings': trainings})


main()
