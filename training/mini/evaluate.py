"""How good the generated pictures are, measured: the first section of REPORT.md.

    python evaluate.py                  the newest checkpoint
    python evaluate.py --from FILE --scenes 400

Needs classifier.pt in the work folder. Prompts are drawn by lot with a fixed seed; "seen" ones have
only combinations that training shows, "held out" ones have at least one that it never does.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

import measures
from ablate import ablation
from classifier import Classifier, load_classifier
from export_diffusers import load_average, newest_checkpoint
from factors import DETAILS, SIZES, STYLES
from latents import load_shards, newest_lesson, training_shards
from model import STUDIED, TextToLatents
from questions import answers, ask
from scenes import render
from sheet import save_sheet
from snapshot import PROMPTS, draw, sample
from vae import load_vae, to_pictures, to_tensor
from work import work_folder

SECTIONS = work_folder() / 'sections'
SHEETS = SECTIONS / 'sheets'
STEP_COUNTS = (1, 2, 4)


def through_vae(pictures: np.ndarray) -> np.ndarray:
    """The best the decoder could do: rendered scenes encoded and decoded."""
    vae = load_vae()
    with torch.no_grad():
        return np.concatenate(
            [
                to_pictures(vae.decoder(vae.encoder(to_tensor(pictures[i : i + 48]))))
                for i in range(0, len(pictures), 48)
            ]
        )


def table(rows: dict[str, dict[str, float]], unit: float = 100) -> list[str]:
    """A Markdown table; columns are the union of the rows' keys."""
    columns = list(dict.fromkeys(key for row in rows.values() for key in row))
    lines = ['| | ' + ' | '.join(columns) + ' |', '|---|' + '---|' * len(columns)]
    for name, row in rows.items():
        cells = [f'{unit * row[c]:.1f}' if c in row else '' for c in columns]
        lines.append(f'| {name} | ' + ' | '.join(cells) + ' |')
    return [*lines, '']


def right_section(
    model: TextToLatents, classifier: Classifier, count: int
) -> tuple[list[str], dict]:
    """Factors named right, for seen and held-out combinations and one, two and four steps."""
    rows: dict[str, dict[str, float]] = {}
    kept = {}
    for kind in ('single', 'pair'):
        for split, words in (('train', 'seen'), ('held', 'held out')):
            asked = ask(split, kind, count)
            scenes = asked.scenes()
            drawn = np.stack([render(s) for s in scenes])
            rows[f'{kind}, {words}: rendered (ceiling)'] = measures.named_right(
                classifier, drawn, scenes
            )
            for steps in STEP_COUNTS:
                pictures = answers(model, asked, steps)
                rows[f'{kind}, {words}: {steps} step{"s" * (steps > 1)}'] = measures.named_right(
                    classifier, pictures, scenes
                )
                kept[kind, split, steps] = (asked, drawn, pictures)
    return ['## Factors named right (%)', '', *table(rows)], kept


def value_section(model: TextToLatents, classifier: Classifier, count: int) -> list[str]:
    """Single things in one step, by what is stated of them."""
    stated = {
        'object': {name: name for name in ('usual', *SIZES)},
        'style': {name: name for name in STYLES},
        'detail': {name: name for name in DETAILS},
    }
    lines = []
    for factor, kinds in stated.items():
        rows: dict[str, dict[str, float]] = {}
        for name, kind in kinds.items():
            for split, words in (('train', 'seen'), ('held', 'held out')):
                asked = ask(split, kind, count)
                scenes = asked.scenes()
                drawn = np.stack([render(scene) for scene in scenes])
                made = {'one step': answers(model, asked, 1), 'rendered': drawn}
                made['through the autoencoder'] = through_vae(drawn)
                for way, pictures in made.items():
                    right = measures.named_right(classifier, pictures, scenes)
                    rows.setdefault(f'{words}: {way}', {})[name] = right[factor]
        lines += [f'### {factor.capitalize()}', '', *table(rows)]
    return [f'## Single things by what is stated, {count} prompts each (%)', '', *lines]


def seed_section(model: TextToLatents, kept: dict) -> list[str]:
    """Does the noise decide what captions leave open, and how different are seeds?"""
    asked, _, one = kept['single', 'train', 1]
    others = answers(model, asked, 1, seed_shift=5000)
    noise = measures.difference(np.stack([render(s) for s in asked.scenes()]), one)
    rows = {
        f'{steps} step{"s" * (steps > 1)}': measures.obeys_noise(
            kept['single', 'train', steps][2], asked.factors, asked.u
        )
        for steps in STEP_COUNTS
    }
    return [
        '## Seeds',
        '',
        f'Same prompt, another seed: mean change {measures.difference(one, others):.1f}'
        f' of 255. Distance to the scene that prompt and noise define: {noise:.1f} of 255.',
        '',
        'Share of pictures nearer to the scene their noise asks for than to the one with that '
        'decision turned round (%; 50 is chance):',
        '',
        *table(rows),
    ]


def quality_section(model: TextToLatents, classifier: Classifier, kept: dict) -> list[str]:
    """Sharpness, distribution distance, memorisation."""
    rows = {}
    drawn = kept['single', 'train', 1][1]
    best = through_vae(drawn)
    features = measures.summaries(classifier, kept['single', 'held', 1][1])
    rows['rendered'] = {
        'sharpness': measures.sharpness(drawn),
        'Fréchet': measures.frechet(features, measures.summaries(classifier, drawn)),
    }
    rows['through the autoencoder'] = {
        'sharpness': measures.sharpness(best),
        'Fréchet': measures.frechet(features, measures.summaries(classifier, best)),
    }
    for steps in STEP_COUNTS:
        pictures = kept['single', 'train', steps][2]
        rows[f'{steps} step{"s" * (steps > 1)}'] = {
            'sharpness': measures.sharpness(pictures),
            'Fréchet': measures.frechet(features, measures.summaries(classifier, pictures)),
        }
    training = load_shards(training_shards(newest_lesson())[:2])['z']
    held = load_shards(['held'])['z']
    asked = kept['single', 'held', 1][0]
    with torch.no_grad():
        made = sample(model, asked.prompts[:96], 1, asked.seeds[:96]).cpu()
    near_made = measures.nearest(made, training).mean()
    near_held = measures.nearest(held[:96], training).mean()
    return [
        '## Sharpness and distance to rendered scenes',
        '',
        'Sharpness: mean difference of neighbouring pixels, of 255. Fréchet: distance between '
        "Gaussians of the classifier's cell means, against rendered held-out scenes.",
        '',
        *table(rows, unit=1),
        '## Memorisation',
        '',
        f'Distance (RMS, latents of unit variance) to the nearest of '
        f'{len(training)} training scenes: generated held-out pictures {near_made:.2f}, rendered '
        f'held-out scenes {near_held:.2f}. Generated pictures much nearer than rendered ones '
        'would be copies.',
        '',
    ]


def ablation_section(model: TextToLatents) -> list[str]:
    rows = ablation(model)
    lines = [
        '## Stages',
        '',
        "A stage's output replaced by its input, one step, "
        f'{len(PROMPTS)} prompts (± standard error); update: ‖output - input‖ / ‖input‖. '
        'Bold: the four stages under study.',
        '',
        '| stage | mean change of 255 | update |',
        '|---|---|---|',
    ]
    for name, row in rows.items():
        shown = f'**{name}**' if name in STUDIED else name
        lines.append(
            f'| {shown} | {row["change"]:.1f} ± {row["error"]:.1f} | {row["update"]:.2f} |'
        )
    return [*lines, '']


def sheets(model: TextToLatents, kept: dict) -> list[str]:
    """Contact sheets: fixed prompts with four seeds, and held-out prompts with what was asked."""
    SHEETS.mkdir(parents=True, exist_ok=True)
    rows = [
        list(draw(model, PROMPTS[:12], steps, [seed] * 12))
        for seed, steps in ((1, 1), (2, 1), (3, 1), (3, 4))
    ]
    save_sheet(rows, SHEETS / 'prompts.png')
    rows = []
    for kind in ('single', 'pair'):
        asked, drawn, one = kept[kind, 'held', 1]
        rows += [list(drawn[:12]), list(one[:12]), list(kept[kind, 'held', 4][2][:12])]
    save_sheet(rows, SHEETS / 'held-out.png')
    return [
        '## Contact sheets',
        '',
        '![](sheets/prompts.png)',
        '',
        'Twelve prompts; rows: seeds 1, 2, 3 in one step, seed 3 in four.',
        '',
        '![](sheets/held-out.png)',
        '',
        'Held-out single objects, then pairs; rows: the scene that '
        'prompt and noise define, one step, four steps.',
        '',
    ]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--from', dest='source', type=Path)
    arguments.add_argument('--scenes', type=int, default=240)
    options = arguments.parse_args()
    source = options.source or newest_checkpoint()
    model, step = load_average(source)
    classifier = load_classifier()
    psnr = torch.load(work_folder() / 'vae-measured.pt')['psnr']
    right, kept = right_section(model, classifier, options.scenes)
    lines = [
        '# Report on the embedded model',
        '',
        'Written by `make_mini.py`; figures are from the run named here.',
        '',
        f'Checkpoint: step {step} ({source.name}), averaged weights. {options.scenes} prompts a '
        f'row, guidance 0. Autoencoder: {psnr:.1f} dB on unseen scenes.',
        '',
        *right,
        *value_section(model, classifier, options.scenes // 3),
        *seed_section(model, kept),
        *quality_section(model, classifier, kept),
        *ablation_section(model),
        *sheets(model, kept),
    ]
    (SECTIONS / '1-pictures.md').write_text('\n'.join(lines))
    print('\n'.join(lines))


if __name__ == '__main__':
    main()
