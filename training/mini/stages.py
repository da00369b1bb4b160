"""The stages that make the embedded model, in order."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
JUDGES = ('auroc.py', 'collected.py', 'verdicts.py')
SCENES = ('icons.json', 'factors.py', 'backgrounds.py', 'scenes.py')
PYTHON, OURS, SCRIPT = 'python', 'featurescope', 'script'
OUR_NODE = 'node', 'scripts/withNode.mjs', 'node'
"""Runs a script of ours, in the project's folder."""
BLOCKS = ('down.2.1', 'mid.0', 'up.0.0', 'up.0.1')
OBJECT_BLOCK = 'mid.0'
DATA_STEPS = '4'
"""Denoising steps of the pictures that SAEs learn from. The first of four is the one of one."""
SWEPT_N, SWEPT_K = '256,512,1024', '2,3,5,10,20'
"""More features than that, with their index, would be more than what ships may weigh."""
RATE = '--batch', '1024', '--lr', '0.001'
"""About the program's own for sets as small as this. The reference's 4,096 cells and 0.0001 would
explain a third of the variance."""
OBJECT_KS = '2,3,4,5'
"""Active features a cell that are tried where objects are drawn. More of them tell the factors a
little better, but an object is spread over as many, and removing the one that tells it leaves it
(NOTES.md). Which k suits differs from model to model: object_k.py tries them."""
CHOSEN = 'CHOSEN_N', 'CHOSEN_K'
"""Stand for what the stage sweep chose, once it has (sweep.py)."""


@dataclass(frozen=True)
class Stage:
    """One command: Python here, our command line or a script of ours in the project's folder, npm
    and node in the work folder's own npm package. In it, WORK is the work folder, HERE the folder
    of these scripts, ROOT the project's, and CHOSEN_N and CHOSEN_K are what the sweep chose."""

    name: str
    command: tuple[str, ...]
    result: str | None
    """A file or folder in the work folder that exists only when the stage is done, if any."""
    sources: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    """Earlier stages."""
    owns: tuple[str, ...] = ()
    """What the stage would go on from; set aside when its inputs are others."""


def make_stages(small: int = 1) -> dict[str, Stage]:
    """All stages by name, in order. `small` divides pictures, scenes and steps: 1 is the real
    thing, 20 a rehearsal of the way, which leaves the project's own model and fixtures alone."""

    def few(count: int, least: int) -> str:
        return str(max(least, count // small))

    shards = int(few(16, 1))
    others = ','.join(block for block in BLOCKS if block != OBJECT_BLOCK)
    trained = (*RATE, '--epochs', few(6, 2), '--export', 'sdxl-unbox')
    stages = (
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
            (PYTHON, 'vae.py', '--steps', few(3000, 50)),
            'vae/config.json',
            SCENES,
            ('sprites',),
            owns=('vae',),
        ),
        Stage(
            'latents',
            (PYTHON, 'latents.py', '--shards', str(shards)),
            f'latents/{shards - 1}.pt',
            ('captions.py', *SCENES),
            ('vae', 'tokenizer'),
            owns=('latents',),
        ),
        Stage(
            'decoder',
            (PYTHON, 'vae.py', '--decoder-only', '--steps', few(3000, 50)),
            None,
            (),
            ('latents',),
        ),
        Stage(
            'classifier',
            (PYTHON, 'classifier.py', '--scenes', few(30_000, 600), '--steps', few(12_000, 100)),
            'classifier.onnx',
            ('classifier.py', 'truth.py', *SCENES),
            ('vae',),
        ),
        # With the cool-down, 10,200 steps of 64 rows: the third lesson, which begins at 800,000
        # rows, is not reached, so it has no shards.
        Stage(
            'train',
            (PYTHON, 'train.py', '--workers', '2', '--steps', few(7650, 100)),
            None,
            ('model.py', 'couple.py'),
            ('latents',),
            owns=('checkpoint.pt', 'cooled.pt'),
        ),
        Stage(
            'cooldown',
            (PYTHON, 'train.py', '--workers', '2', '--cooldown', few(2550, 20)),
            'cooled.pt',
            (),
            ('train',),
        ),
        Stage(
            'export',
            (PYTHON, 'export_diffusers.py', 'WORK/diffusers'),
            'diffusers/model_index.json',
            ('export_diffusers.py', 'schedule.py'),
            ('cooldown', 'decoder'),
        ),
        Stage(
            'model',
            (PYTHON, 'assemble.py', 'model', 'WORK/diffusers', 'WORK/model'),
            'model/featurescope.json',
            (
                'assemble.py',
                'export_onnx.py',
                'onnx_components.py',
                'export_prompts.py',
                'captions.py',
                *SCENES,
            ),
            ('export', 'classifier'),
        ),
        Stage(
            'set',
            (OURS, 'collect', '--model', 'WORK/model', '--grammar', '--count', few(3000, 300))
            + ('--steps', DATA_STEPS, '--blocks', ','.join(BLOCKS), '--out', 'WORK/set'),
            None,
            (),
            ('model',),
            owns=('set',),
        ),
        Stage(
            'sweepings',
            (OURS, 'sae', 'train', 'WORK/set', '--features', SWEPT_N, '--k', SWEPT_K)
            + (*RATE, '--epochs', '1', '--out', 'WORK/sweep'),
            None,
            (),
            ('set',),
            owns=('sweep',),
        ),
        Stage(
            'sweep',
            (PYTHON, 'sweep.py'),
            'chosen.json',
            ('sweep.py', *JUDGES),
            ('sweepings',),
        ),
        Stage(
            'saes',
            (OURS, 'sae', 'train', 'WORK/set', '--blocks', others)
            + ('--features', CHOSEN[0], '--k', CHOSEN[1], *trained, '--out', 'WORK/saes'),
            None,
            (),
            ('sweep',),
            owns=('saes',),
        ),
        Stage(
            'object-saes',
            (OURS, 'sae', 'train', 'WORK/set', '--blocks', OBJECT_BLOCK)
            + ('--features', CHOSEN[0], '--k', OBJECT_KS, *trained, '--out', 'WORK/object-saes'),
            None,
            (),
            ('sweep',),
            owns=('object-saes',),
        ),
        Stage(
            'object-sae',
            (PYTHON, 'object_k.py', '--objects', few(20, 4), '--prompts', few(6, 2)),
            'object-sae',
            ('object_k.py', 'labels.py', *JUDGES, '../../scripts/proofRemoval.mjs'),
            ('object-saes',),
        ),
        Stage(
            'install',
            (PYTHON, 'assemble.py', 'saes', 'WORK/saes', 'WORK/object-sae', 'WORK/model'),
            'model/saes',
            ('assemble.py',),
            ('saes', 'object-sae'),
        ),
        Stage(
            'labels',
            (PYTHON, 'labels.py'),
            'sections/3-features.md',
            ('labels.py', *JUDGES),
            ('install',),
        ),
        Stage(
            'evaluate',
            (PYTHON, 'evaluate.py', '--scenes', few(240, 24)),
            'sections/1-pictures.md',
            ('evaluate.py', 'measures.py', 'ablate.py'),
            ('export', 'classifier'),
        ),
        Stage(
            'removal',
            (SCRIPT, 'scripts/proofRemoval.mjs', '--model', 'WORK/model')
            + ('--objects', 'WORK/objects.json', '--out', 'WORK')
            + ('--count', few(30, 4), '--prompts', few(12, 3)),
            'sections/4-removal.md',
            ('../../scripts/proofRemoval.mjs',),
            ('labels',),
        ),
        Stage(
            'report',
            (PYTHON, 'report.py', 'HERE' if small == 1 else 'WORK/report'),
            None,
            ('report.py',),
            ('evaluate', 'sweep', 'labels', 'removal'),
        ),
        Stage(
            'index',
            (OURS, 'index', '--model', 'WORK/model', '--set', 'WORK/set')
            + ('--out', 'WORK/model/index', '--per-interval', '6', '--thumbnails', '64')
            + ('--examples', '500'),
            'model/index',
            (),
            ('install',),
            owns=('model/index',),
        ),
        Stage(
            'golden',
            (PYTHON, 'golden.py', 'WORK/diffusers', 'WORK/saes', 'WORK/object-sae'),
            None,
            ('golden.py',),
            ('install',),
        ),
        Stage(
            'ship',
            (PYTHON, 'assemble.py', 'ship', 'WORK/model')
            + ('ROOT/models/mini' if small == 1 else 'WORK/shipped',),
            None,
            ('assemble.py',),
            ('labels', 'index'),
        ),
    )
    wanted = (stage for stage in stages if small == 1 or stage.name != 'golden')
    return {stage.name: stage for stage in wanted}


def fingerprint(stage: Stage, stages: dict[str, Stage]) -> str:
    """What a stage's result depends on: its command, its sources, the stages before it."""
    hasher = hashlib.sha256(json.dumps(stage.command).encode())
    for source in stage.sources:
        hasher.update((HERE / source).read_bytes())
    for name in stage.inputs:
        hasher.update(fingerprint(stages[name], stages).encode())
    return hasher.hexdigest()
