"""diffusers' Euler, Euler ancestral and DDIM schedulers: schedules, and short runs with a made-up model.

    python make_schedulers.py

Writes schedulers.json. Each case runs as the pipeline does (`scale_model_input`, model, `step`) on latents
[1, 4, 4, 4] = `noise[0] * initNoiseSigma`, where the model is

    output[i] = 0.3 * scaledInput[i] + 0.1 * cos(i + stepIndex)        i = 0..63, in float32

and the ancestral noise of step s is `noise[s + 1]`: one generator, seed 7, draws both. Of the latents after each
step four values are kept (places 0, 21, 42, 63), of the last all 64. A case that diffusers refuses has `error`.
"""

from __future__ import annotations

import inspect
import itertools

import diffusers
import numpy as np
import torch
from common import meta, short, start, write_json

SEED = 7
SHAPE = (1, 4, 4, 4)
KEPT = [0, 21, 42, 63]
NOISE_COUNT = 63  # the initial latents and one a step of the longest case
STEP_COUNTS = [1, 2, 4, 7, 30]
CLASSES = ['EulerDiscreteScheduler', 'EulerAncestralDiscreteScheduler', 'DDIMScheduler']
BETAS = {'beta_start': 0.00085, 'beta_end': 0.012, 'beta_schedule': 'scaled_linear'}

# The settings that SDXL base and SDXL Turbo are published with, keys that no class reads included
SDXL_BASE = {
    '_class_name': 'EulerDiscreteScheduler', **BETAS,
    'clip_sample': False, 'interpolation_type': 'linear', 'num_train_timesteps': 1000,
    'prediction_type': 'epsilon', 'sample_max_value': 1.0, 'set_alpha_to_one': False, 'skip_prk_steps': True,
    'steps_offset': 1, 'timestep_spacing': 'leading', 'trained_betas': None, 'use_karras_sigmas': False,
}  # fmt: skip
SDXL_TURBO = {
    **SDXL_BASE,
    '_class_name': 'EulerAncestralDiscreteScheduler',
    'timestep_spacing': 'trailing',
}


def grid() -> list[tuple[str, dict, int]]:
    """Class x prediction x spacing x betas x steps. One configuration in three has steps_offset 1."""
    cases = []
    kinds = itertools.product(
        CLASSES,
        ['epsilon', 'v_prediction', 'sample'],
        ['linspace', 'leading', 'trailing'],
        ['linear', 'scaled_linear'],
    )
    for number, (name, prediction, spacing, betas) in enumerate(kinds):
        config = {
            **(BETAS if betas == 'scaled_linear' else {'beta_schedule': 'linear'}),
            'prediction_type': prediction,
            'timestep_spacing': spacing,
            'steps_offset': 1 if number % 3 == 0 else 0,
        }
        cases += [(name, config, count) for count in STEP_COUNTS]
    return cases


def special() -> list[tuple[str, dict, int]]:
    """Configuration keys that change results, one at a time, and configurations as they are published."""
    v_trailing = {**BETAS, 'prediction_type': 'v_prediction', 'timestep_spacing': 'trailing'}
    leading = {**BETAS, 'timestep_spacing': 'leading', 'steps_offset': 1}
    cases = []
    for config in (SDXL_BASE, SDXL_TURBO):
        cases += [(name, config, count) for name in CLASSES for count in (1, 4, 20)]
    for name in CLASSES:
        cases += [(name, {**v_trailing, 'rescale_betas_zero_snr': True}, count) for count in (1, 4)]
        cases += [(name, {**v_trailing, 'num_train_timesteps': 500}, 4)]
        cases += [(name, {**leading, 'steps_offset': 3}, 4)]
        cases += [(name, {}, 4)]  # the class's own defaults
        for spacing, count in itertools.product(('linspace', 'leading', 'trailing'), (3, 11)):
            cases += [(name, {**BETAS, 'timestep_spacing': spacing}, count)]
        # 61 steps "trailing" are 62: numpy counts 1000, 1000 - 1000/61, ... in floating point and reaches a 0 more
        cases += [(name, {**BETAS, 'timestep_spacing': 'trailing'}, 61)]
    for keys in (
        {'set_alpha_to_one': False},
        {'clip_sample': False},
        {'clip_sample': False, 'set_alpha_to_one': False},
        {'clip_sample': True, 'clip_sample_range': 2.5},
    ):
        cases += [('DDIMScheduler', {**base, **keys}, count) for base in (leading, v_trailing) for count in (1, 4)]
    for keys in ({'final_sigmas_type': 'sigma_min'}, {'interpolation_type': 'log_linear'}):
        cases += [('EulerDiscreteScheduler', {**leading, **keys}, 4)]
    return cases


def make_model_output(scaled: torch.Tensor, step_index: int) -> torch.Tensor:
    """The formula of the module's docstring. scaled [1, 4, 4, 4]"""
    wave = np.cos(np.arange(scaled.numel()) + step_index).astype(np.float32).reshape(SHAPE)
    return torch.tensor(np.float32(0.3)) * scaled + torch.tensor(np.float32(0.1)) * torch.from_numpy(wave)


def run(class_name: str, config: dict, step_count: int) -> dict:
    """One case as it goes into the file."""
    case = {'class': class_name, 'config': config, 'stepCount': step_count}
    scheduler = getattr(diffusers, class_name).from_config({**config})
    generator = torch.Generator('cpu').manual_seed(SEED)
    try:
        scheduler.set_timesteps(step_count)
        initial = torch.as_tensor(scheduler.init_noise_sigma, dtype=torch.float32)
        latents = torch.randn(SHAPE, generator=generator) * initial
        accepted = inspect.signature(scheduler.step).parameters
        extra = {key: value for key, value in {'eta': 0.0, 'generator': generator}.items() if key in accepted}
        kept = []
        for step_index, timestep in enumerate(scheduler.timesteps):
            scaled = scheduler.scale_model_input(latents, timestep)
            output = make_model_output(scaled, step_index)
            latents = scheduler.step(output, timestep, latents, **extra, return_dict=False)[0]
            kept.append(latents.reshape(-1)[KEPT])
        case |= {
            'timesteps': short(scheduler.timesteps.to(torch.float32)),
            'initNoiseSigma': short(initial),
            **({'sigmas': short(scheduler.sigmas)} if hasattr(scheduler, 'sigmas') else {}),
            'kept': short(torch.stack(kept)),
            'latents': short(latents.reshape(-1)),
        }
    except (NotImplementedError, ValueError) as error:
        case['error'] = f'{type(error).__name__}: {error}'
    return case


def defaults() -> dict:
    """What each class takes, with the value that stands for an absent key."""
    return {
        name: {
            key: parameter.default
            for key, parameter in inspect.signature(getattr(diffusers, name).__init__).parameters.items()
            if key not in ('self', 'kwargs')
        }
        for name in CLASSES
    }


def main() -> None:
    start()
    cases = [run(*case) for case in [*grid(), *special()]]
    generator = torch.Generator('cpu').manual_seed(SEED)
    noise = torch.stack([torch.randn(SHAPE, generator=generator).reshape(-1) for _ in range(NOISE_COUNT)])
    facts = {'seed': SEED, 'shape': SHAPE, 'kept': KEPT, 'defaults': defaults()}
    record = meta('make_schedulers.py', ['diffusers', 'torch', 'numpy'], **facts)
    write_json('schedulers.json', {'meta': record, 'noise': short(noise), 'cases': cases})
    refused = [case for case in cases if 'error' in case]
    print(len(cases), 'cases,', len(refused), 'refused:', {(case['class'], case['error']) for case in refused})


if __name__ == '__main__':
    main()
