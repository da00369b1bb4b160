"""Colour difference, Otsu's threshold, gradients, Wasserstein distance and AUROC by scikit-image, numpy, scipy, sklearn.

    python make_colour.py

Writes colour.json. `pairs`: two sRGB colours, their L*a*b* and ΔE2000. `sharma`: the L*a*b* pairs of Sharma, Wu & Dalal
2005, table 1, whose hues lie where implementations go wrong, with ΔE2000. `samples`: values with Otsu's threshold (256
bins), the gradient lengths of the 8 x 12 picture that they are, and their Wasserstein distance to `other`.
`rankings`: scores and labels with AUROC.
"""

from __future__ import annotations

import numpy as np
from common import meta, write_json
from scipy.stats import wasserstein_distance
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.filters import threshold_otsu
from sklearn.metrics import roc_auc_score

SEED = 21
SHARMA = [
    (50, 2.6772, -79.7751, 50, 0, -82.7485), (50, 3.1571, -77.2803, 50, 0, -82.7485),
    (50, 2.8361, -74.0200, 50, 0, -82.7485), (50, -1.3802, -84.2814, 50, 0, -82.7485),
    (50, -1.1848, -84.8006, 50, 0, -82.7485), (50, -0.9009, -85.5211, 50, 0, -82.7485),
    (50, 0, 0, 50, -1, 2), (50, -1, 2, 50, 0, 0), (50, 2.4900, -0.0010, 50, -2.4900, 0.0009),
    (50, 2.4900, -0.0010, 50, -2.4900, 0.0010), (50, 2.4900, -0.0010, 50, -2.4900, 0.0011),
    (50, 2.4900, -0.0010, 50, -2.4900, 0.0012), (50, -0.0010, 2.4900, 50, 0.0009, -2.4900),
    (50, -0.0010, 2.4900, 50, 0.0010, -2.4900), (50, -0.0010, 2.4900, 50, 0.0011, -2.4900),
    (50, 2.5, 0, 50, 0, -2.5), (50, 2.5, 0, 73, 25, -18), (50, 2.5, 0, 61, -5, 29), (50, 2.5, 0, 56, -27, -3),
    (50, 2.5, 0, 58, 24, 15), (50, 2.5, 0, 50, 3.1736, 0.5854), (50, 2.5, 0, 50, 3.2972, 0),
    (50, 2.5, 0, 50, 1.8634, 0.5757), (50, 2.5, 0, 50, 3.2592, 0.3350),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864),
    (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619),
    (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447),
    (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286), (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514),
]  # fmt: skip


def main() -> None:
    draw = np.random.default_rng(SEED)
    one = draw.integers(0, 256, (40, 3), dtype=np.uint8)
    other = draw.integers(0, 256, (40, 3), dtype=np.uint8)
    other[:5] = one[:5]
    labs = [rgb2lab(each[None] / 255.0)[0] for each in (one, other)]
    pairs = [
        {'one': one[i].tolist(), 'other': other[i].tolist(), 'lab': labs[0][i].tolist(),
         'deltaE': float(deltaE_ciede2000(labs[0][i], labs[1][i]))}
        for i in range(len(one))
    ]  # fmt: skip
    sharma = [
        {'one': list(row[:3]), 'other': list(row[3:]),
         'deltaE': float(deltaE_ciede2000(np.array(row[:3], float), np.array(row[3:], float)))}
        for row in SHARMA
    ]  # fmt: skip
    samples = []
    for _ in range(4):
        values = np.concatenate([draw.normal(0, 1, 60), draw.normal(4, 0.5, 36)])
        draw.shuffle(values)
        against = draw.normal(1, 2, 96)
        dy, dx = np.gradient(values.reshape(8, 12))
        samples.append({
            'values': values.tolist(), 'other': against.tolist(), 'otsu': float(threshold_otsu(values)),
            'gradient': np.hypot(dx, dy).ravel().tolist(),
            'wasserstein': float(wasserstein_distance(values, against)),
        })  # fmt: skip
    rankings = []
    for levels in (3, 8, 10**6):
        labels = draw.integers(0, 2, 50)
        scores = draw.integers(0, levels, 50) / levels + 0.2 * labels
        auroc = float(roc_auc_score(labels, scores))
        rankings.append({'scores': scores.tolist(), 'labels': labels.tolist(), 'auroc': auroc})
    facts = meta('make_colour.py', ['numpy', 'scikit-image', 'scipy', 'scikit-learn'], seed=SEED)
    write_json('colour.json', {'meta': facts, 'pairs': pairs, 'sharma': sharma, 'samples': samples, 'rankings': rankings})


if __name__ == '__main__':
    main()
