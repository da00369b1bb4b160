"""The stages that make the embedded model, in order."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SCENES = ('icons.json', 'factors.py', 'backgrounds.py', 'scenes.py')
PYTHON, OURS = 'python', 'featurescope'
BLOCKS = 'down.2.1,mid.0,up.0.0,up.0.1'


@dataclass(frozen=True)
class Stage:
    """One command. In it, WORK is the work folder, HERE the folder of these scripts, ROOT the
    project's."""

    name: str
    command: tuple[str, ...]
    result: str | None
    """A file or folder in the work folder that exists only when the stage is done, if any."""
    sources: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    """Earlier stages."""
    owns: tuple[str, ...] = ()
    """What the stage would go on from; set aside when its inputs are others."""


STAGES = (
    Stage(
        'packages',
        ('npm', 'ci', '--no-audit', '--no-fund'),
        'npm/node_modules/@resvg',
        ('package.json', 'package-lock.json'),
    ),
    Stage(
        'sprites',
        ('node', 'HERE/sprites.mjs', 'WORK/sprites'),
        'sprites',
        ('sprites.mjs', 'icons.json'),
        ('packages',),
    ),
    Stage(
        'tokenizer',
        (PYTHON, 'tokenizer.py'),
        'tokenizer/vocab.json',
        ('tokenizer.py', 'captions.py', 'factors.py', 'icons.json'),
    ),
    Stage(
        'vae',
        (PYTHON, 'vae.py', '--steps', '3000'),
        'vae/config.json',
        SCENES,
        ('sprites',),
        owns=('vae',),
    ),
    Stage(
        'latents',
        (PYTHON, 'latents.py', '--shards', '12'),
        'latents/11.pt',
        ('captions.py', *SCENES),
        ('vae', 'tokenizer'),
        owns=('latents',),
    ),
    Stage(
        'decoder', (PYTHON, 'vae.py', '--decoder-only', '--steps', '3000'), None, (), ('latents',)
    ),
    Stage(
        'train',
        (PYTHON, 'train.py', '--steps', '40000'),
        None,
        ('model.py', 'couple.py'),
        ('latents',),
        owns=('checkpoint.pt', 'cooled.pt'),
    ),
    Stage('cooldown', (PYTHON, 'train.py', '--cooldown', '2000'), 'cooled.pt', (), ('train',)),
    Stage(
        'export',
        (PYTHON, 'export_diffusers.py', 'WORK/diffusers'),
        'diffusers/model_index.json',
        ('export_diffusers.py',),
        ('cooldown', 'decoder'),
    ),
    Stage(
        'classifier',
        (PYTHON, 'classifier.py'),
        'classifier.onnx',
        ('classifier.py', 'truth.py', *SCENES),
        ('vae',),
    ),
    Stage(
        'report',
        (PYTHON, 'evaluate.py'),
        None,
        ('evaluate.py', 'measures.py', 'ablate.py'),
        ('export', 'classifier'),
    ),
    Stage(
        'model',
        (PYTHON, 'assemble.py', 'model', 'WORK/diffusers', 'WORK/model'),
        'model/featurescope.json',
        ('assemble.py', 'export_onnx.py', 'export_prompts.py', 'captions.py', *SCENES),
        ('export', 'classifier'),
    ),
    Stage(
        'set',
        (OURS, 'collect', '--model', 'WORK/model', '--grammar', '--count', '6000')
        + ('--blocks', BLOCKS, '--out', 'WORK/set'),
        None,
        (),
        ('model',),
        owns=('set',),
    ),
    Stage(
        'saes',
        (OURS, 'sae', 'train', 'WORK/set', '--features', '1024', '--k', '10')
        + ('--export', 'sdxl-unbox', '--out', 'WORK/saes'),
        None,
        (),
        ('set',),
        owns=('saes',),
    ),
    Stage(
        'install',
        (PYTHON, 'assemble.py', 'saes', 'WORK/saes', 'WORK/model'),
        'model/saes',
        ('assemble.py',),
        ('saes',),
    ),
    Stage(
        'index',
        (OURS, 'index', '--model', 'WORK/model', '--set', 'WORK/set', '--out', 'WORK/model/index')
        + ('--per-interval', '8', '--thumbnails', '64'),
        None,
        (),
        ('install',),
        owns=('model/index',),
    ),
    Stage(
        'ship',
        (PYTHON, 'assemble.py', 'ship', 'WORK/model', 'ROOT/models/mini'),
        None,
        ('assemble.py',),
        ('index',),
    ),
)
BY_NAME = {stage.name: stage for stage in STAGES}


def fingerprint(stage: Stage) -> str:
    """What a stage's result depends on: its command, its sources, the stages before it."""
    hasher = hashlib.sha256(json.dumps(stage.command).encode())
    for source in stage.sources:
        hasher.update((HERE / source).read_bytes())
    for name in stage.inputs:
        hasher.update(fingerprint(BY_NAME[name]).encode())
    return hasher.hexdigest()
