"""Fills an empty work folder from the model that ships, so that training goes on without the one
that made it.

    python go_on.py ../../models/mini --step 14619 --rows 653200

Tokenizer, autoencoder, classifier, what the sweep over SAE sizes chose (with its section of
REPORT.md) and `checkpoint.pt`, from which `train.py` goes on. Weights are the float16 values of the
files, the optimiser begins anew; sprites and latents are made by their own scripts
(`make_mini.py --until sprites`, `latents.py --only-lesson 1`).
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import nn

from checkpoint import Run
from classifier import Classifier, all_classes
from import_onnx import fill, import_vae
from model import Size, TextToLatents
from optimizer import MuonWithAdamW
from stages import BLOCKS, HERE, OBJECT_BLOCK
from sweep import SWEEP_HEADING, SWEEP_SECTION
from tokenizer import load_tokenizer
from train import LEARNING_RATE
from vae import finish, load_vae
from work import save_atomically, work_folder

KEPT_SINCE = 'not repeated since'
TOLERANCE = 1e-4
"""Largest error of a probability; float32 on both sides."""


def import_tokenizer(source: Path) -> None:
    shutil.copytree(source / 'tokenizer', work_folder() / 'tokenizer', dirs_exist_ok=True)


def import_autoencoder(source: Path) -> None:
    import_vae(source, work_folder() / 'vae')
    finish(load_vae(), keep_scale=True)


def as_trained(graph: onnx.ModelProto) -> dict[str, np.ndarray]:
    """The classifier's state. Its norms were folded into the convolutions before them: they get
    their biases back and change nothing else."""
    values = {each.name: numpy_helper.to_array(each) for each in graph.graph.initializer}
    state = {name.removeprefix('model.'): value for name, value in values.items()}
    for node in graph.graph.node:
        if node.op_type == 'Conv' and '/trunk/' in node.name:
            convolution = node.name.split('/')[-2]
            norm = convolution.removesuffix('0') + '1'
            state[f'{convolution}.weight'] = values[node.input[1]]
            state[f'{norm}.bias'] = values[node.input[2]]
    return state


@torch.no_grad()
def import_classifier(folder: Path) -> None:
    described = json.loads((folder / 'classifier.json').read_text())
    if described['classes'] != all_classes():
        raise ValueError(f'{folder.name} has other classes than truth.py')
    model = Classifier().eval()
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_var.fill_(1 - norm.eps)
    state = as_trained(onnx.load(folder / 'classifier.onnx'))
    for name, parameter in model.named_parameters():
        if name in state:
            parameter.copy_(torch.from_numpy(np.array(state[name])))
        elif not name.endswith('.1.weight'):
            raise ValueError(f'{folder.name} has no {name}')
    pictures = torch.rand(4, 3, 128, 128, generator=torch.Generator().manual_seed(3))
    session = onnxruntime.InferenceSession(folder / 'classifier.onnx')
    wanted = session.run(['objectPresence'], {'pictures': pictures.numpy()})[0]
    error = float(np.abs(model(pictures)['presence'].sigmoid().numpy() - wanted).max())
    print(f'classifier: largest error {error:.1e} of a probability', flush=True)
    if error > TOLERANCE:
        raise ValueError(f'classifier and its module disagree by {error:.1e}')
    save_atomically(model.state_dict(), work_folder() / 'classifier.pt')
    for name in ('classifier.onnx', 'classifier.json'):
        shutil.copy(folder / name, work_folder() / name)


def import_choice(source: Path, step: int) -> None:
    """What stage `sweep` leaves, so that it can be kept (`make_mini.py --keep sweepings sweep`). Its
    section says of which model it is."""
    block = next(block for block in BLOCKS if block != OBJECT_BLOCK)
    sae = json.loads((source / 'saes' / block / 'sae.json').read_text())
    choice = {'n': sae['nFeatures'], 'k': sae['k']}
    (work_folder() / 'chosen.json').write_text(json.dumps(choice) + '\n')
    heading = f'{SWEEP_HEADING}\n'
    section = (HERE / 'REPORT.md').read_text().split(heading)[1].split('\n## ')[0]
    if KEPT_SINCE not in section:
        section = f'\nMeasured on the model of step {step}; {KEPT_SINCE}.\n{section}'
    (work_folder() / 'sections').mkdir(exist_ok=True)
    (work_folder() / 'sections' / SWEEP_SECTION).write_text(heading + section.rstrip() + '\n')


def import_checkpoint(source: Path, step: int, rows: int) -> None:
    model = TextToLatents(Size(), load_tokenizer())
    for part in ('text_encoder', 'text_encoder_2', 'unet'):
        fill(getattr(model, part), [source / part / 'model.onnx'])
    model.keep()
    run = Run(model, MuonWithAdamW(model, LEARNING_RATE), seed=step)
    run.step, run.rows = step, rows
    run.save(work_folder() / 'checkpoint.pt')


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('model', type=Path)
    parser.add_argument('--step', type=int, required=True, help='steps that the model has seen')
    parser.add_argument('--rows', type=int, required=True, help='rows that the model has seen')
    options = parser.parse_args()
    for name in ('checkpoint.pt', 'cooled.pt'):
        if (work_folder() / name).exists():
            parser.error(f'{work_folder()} has a {name} already')
    import_tokenizer(options.model)
    import_autoencoder(options.model)
    import_classifier(options.model / 'classifier')
    import_choice(options.model, options.step)
    import_checkpoint(options.model, options.step, options.rows)


if __name__ == '__main__':
    main()
