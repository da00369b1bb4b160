"""What the shipped classifier sees in pictures: for each factor value, whether it is there.

The judge is the picture, not the caption that asked for it. Where the classifier is not sure, and
where a style hides a factor, there is no verdict.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import onnxruntime

from classifier import refuse_other_classes
from factors import (
    COLOURS,
    DETAILS,
    LIGHTS,
    NOUNS,
    PATTERNS,
    POSITIONS,
    SCENES,
    SIZES,
    STYLES,
    TINTS,
)
from truth import COLOURLESS, GLOBAL, MAPS
from work import work_folder

SURE, ABSENT = 0.6, 0.3
"""Of a value's probability: there from SURE on. A noun is absent below ABSENT."""
YES, NO, UNKNOWN = 1, 0, -1
VALUES = {
    'object': NOUNS,
    'tint': TINTS,
    'position': POSITIONS,
    'background': [*SCENES, *COLOURS],
    'style': STYLES,
    'detail': DETAILS,
    'light': LIGHTS,
    'size': SIZES,
    'count': ['2', '3'],
    'pattern': PATTERNS,
}
"""What a feature can stand for, by factor."""
GOAL = ('object', 'tint', 'position', 'background', 'style')
"""The factors that every model of this kind must have features for."""
CONTEXT = {'several': ('position', 'count'), 'style': ('style',), 'pattern': ('pattern',)}
"""What negatives share with the positives, and the factors that this is part of."""


@dataclass
class Verdicts:
    truth: np.ndarray
    """i8 [pictures, values]: YES, NO or UNKNOWN."""
    context: dict[str, np.ndarray]
    """i64 [pictures] for each name of CONTEXT."""

    @cached_property
    def values(self) -> list[tuple[str, str]]:
        """(factor, value) by column."""
        return [(factor, value) for factor, values in VALUES.items() for value in values]

    def strata(self, factor: str) -> np.ndarray:
        """i64 [pictures]: alike in everything that is not part of this factor."""
        result = np.zeros(len(self.truth), np.int64)
        for name, part_of in CONTEXT.items():
            if factor not in part_of:
                result = result * (self.context[name].max() + 1) + self.context[name]
        return result


def _of_class(probabilities: np.ndarray, classes: list[str], value: str) -> np.ndarray:
    """i8 [pictures]: YES or NO where the likeliest class is sure, else UNKNOWN."""
    is_value = probabilities.argmax(1) == classes.index(value)
    return np.where(probabilities.max(1) < SURE, UNKNOWN, np.where(is_value, YES, NO))


def _tints(outputs: dict[str, np.ndarray]) -> np.ndarray:
    """Probabilities of each tint [pictures, tints + 1], of the cells that an object covers."""
    covered = 1 - outputs['objectMap'][:, :1]  # [n, 1, 8, 8]
    tints = (outputs['tintMap'] * covered).sum((2, 3))
    return tints / covered.sum((2, 3)).clip(min=1e-3)


def judge(count: int, pictures: Callable[[int, int], np.ndarray]) -> Verdicts:
    """By `classifier.onnx` of the work folder, refused when it knows other classes;
    `pictures(start, end)` gives u8 [end - start, 128, 128, 3]."""
    refuse_other_classes()
    graph = onnxruntime.InferenceSession(work_folder() / 'classifier.onnx')
    names = [output.name for output in graph.get_outputs()]
    found: dict[str, list[np.ndarray]] = {}
    for start in range(0, count, 96):
        part = pictures(start, min(count, start + 96)).transpose(0, 3, 1, 2)
        outputs = dict(zip(names, graph.run(names, {'pictures': part.astype(np.float32) / 255})))
        kept = {name: outputs[name] for name in GLOBAL}
        kept |= {'object': outputs['objectPresence'], 'tint': _tints(outputs)}
        for name, values in kept.items():
            found.setdefault(name, []).append(values)
    seen = {name: np.concatenate(parts) for name, parts in found.items()}
    columns = []
    style = np.array(GLOBAL['style'])[seen['style'].argmax(1)]
    is_colourless = np.isin(style, COLOURLESS)
    for factor, values in VALUES.items():
        for value in values:
            if factor == 'object':
                presence = seen['object'][:, NOUNS.index(value)]
                column = np.where(presence > SURE, YES, np.where(presence < ABSENT, NO, UNKNOWN))
            else:
                classes = MAPS['tint'] if factor == 'tint' else GLOBAL[factor]
                column = _of_class(seen[factor], classes, value)
            if factor == 'tint' or (factor == 'background' and value in COLOURS):
                column = np.where(is_colourless, UNKNOWN, column)
            if factor == 'light':
                column = np.where(style == 'pencil sketch', UNKNOWN, column)
            columns.append(column.astype(np.int8))
    context = {
        'several': (seen['count'].argmax(1) > 0).astype(np.int64),
        'style': seen['style'].argmax(1),
        'pattern': seen['pattern'].argmax(1),
    }
    return Verdicts(np.stack(columns, 1), context)
