"""Tests of scenes, captions and what the noise decides: `python -m unittest` in this folder."""

import unittest

import numpy as np
import torch

from batches import LESSON_SAMPLES, lesson_of
from captions import caption
from couple import couple, read
from export_prompts import UNSAID, as_pattern, grammar
from factors import NOUNS, Factors, Thing, draw_chance, held_out, sample_factors
from latents import (
    OBJECT_WEIGHT,
    SUBTLE_WEIGHT,
    changed_by_subtle,
    freed,
    loss_weights,
    taught,
)
from scenes import NUISANCES, USUAL, render, resolve
from truth import MAPS, global_classes, maps


def scene_of(seed: int, split: str = 'train'):
    rng = np.random.default_rng(seed)
    return resolve(sample_factors(rng, split), rng.standard_normal(len(NUISANCES)))


class Lesson(unittest.TestCase):
    def test_a_lesson_begins_with_the_rows_that_were_seen(self):
        self.assertEqual([lesson_of(s) for s in LESSON_SAMPLES], [0, 1, 2])
        self.assertEqual([lesson_of(s - 1) for s in LESSON_SAMPLES[1:]], [0, 1])

    def test_without_freedom_a_caption_has_one_picture(self):
        rng = np.random.default_rng(6)
        factors = [sample_factors(rng) for _ in range(20)]
        for f in factors:
            scenes = [
                resolve(f, np.where(freed(0), rng.standard_normal(13), USUAL)) for _ in range(3)
            ]
            self.assertEqual(scenes[0], scenes[1])
            self.assertEqual(scenes[0], scenes[2])


class Factor(unittest.TestCase):
    def test_training_never_shows_held_out_combinations(self):
        rng = np.random.default_rng(0)
        for _ in range(2000):
            self.assertEqual(held_out(sample_factors(rng)), [])
            self.assertTrue(held_out(sample_factors(rng, 'held')))

    def test_held_out_combinations_do_not_depend_on_the_machine(self):
        tinted = [
            (n, t)
            for n in NOUNS
            for t in ('red', 'blue')
            if held_out(Factors(things=[Thing(n, t)]))
        ]
        self.assertEqual(tinted[:3], [('unicorn', 'blue'), ('monkey', 'blue'), ('frog', 'blue')])
        self.assertTrue(0.05 < len(tinted) / (2 * len(NOUNS)) < 0.15)

    def test_rare_scenes_are_drawn_oftener(self):
        usual = Factors(things=[Thing('cat')])
        self.assertEqual(draw_chance(usual), 1)
        big = Factors(things=[Thing('cat', 'red')], size='big', style='pixel art')
        self.assertEqual(draw_chance(big), 8)
        self.assertEqual(draw_chance(Factors(things=[Thing('cat', 'red')])), 2)

    def test_what_a_subtle_word_changes_counts_most(self):
        def weighed(**stated: str) -> tuple[np.ndarray, np.ndarray]:
            scene = taught(Factors(things=[Thing('cat')], **stated), USUAL, 1)
            picture = render(scene)
            return changed_by_subtle(scene, picture), loss_weights(scene, picture)

        for usual in ({}, {'style': 'vintage photo'}):
            changed, weights = weighed(**usual)
            self.assertFalse(changed.any())
            self.assertAlmostEqual(float(weights.mean()), 1, places=5)
        for subtle in ({'detail': 'crown'}, {'style': 'pixel art'}, {'style': 'sticker'}):
            changed, weights = weighed(**subtle)
            self.assertTrue(0.01 < changed.mean() < 0.5, subtle)
            self.assertEqual(weights[changed].min(), weights.max())
            ratio = weights.max() / weights[~changed].max()
            self.assertAlmostEqual(float(ratio), SUBTLE_WEIGHT / OBJECT_WEIGHT, places=4)

    def test_grammar_can_say_every_caption(self):
        pattern = as_pattern(grammar()['rules'], 'prompt')
        rng = np.random.default_rng(4)
        for _ in range(2000):
            self.assertTrue(pattern.fullmatch(caption(sample_factors(rng), rng)))

    def test_what_is_unsaid_is_decided_by_the_noise(self):
        rng = np.random.default_rng(8)
        for name, (above, _, _) in UNSAID.items():
            for _ in range(100):
                f = sample_factors(rng)
                if name.startswith('shift') and (f.position or f.relation or f.count > 1):
                    continue
                if name == 'light side' and f.light:
                    continue
                numbers = rng.standard_normal((2, 13))
                numbers[1] = numbers[0]
                numbers[:, NUISANCES.index(name)] = above + 0.1, -above - 0.1
                self.assertNotEqual(*(taught(f, u, 1) for u in numbers))

    def test_factors_survive_json(self):
        rng = np.random.default_rng(2)
        for _ in range(200):
            factors = sample_factors(rng)
            self.assertEqual(Factors.from_json(factors.to_json()), factors)

    def test_every_noun_occurs(self):
        rng = np.random.default_rng(3)
        seen = {t.noun for _ in range(4000) for t in sample_factors(rng).things}
        self.assertEqual(seen, set(NOUNS))


class Caption(unittest.TestCase):
    def test_pair_on_grass_is_in_the_grammar(self):
        factors = Factors(
            things=[Thing('apple', 'red'), Thing('dog')],
            relation='beside',
            background=('scene', 'grass'),
        )
        rng = np.random.default_rng(0)
        texts = {caption(factors, rng) for _ in range(500)}
        self.assertIn('a red apple on the left and a dog on the right, on grass', texts)

    def test_open_factors_are_not_mentioned(self):
        rng = np.random.default_rng(0)
        texts = {caption(Factors(things=[Thing('owl')]), rng) for _ in range(200)}
        self.assertIn('an owl', texts)
        self.assertTrue(all(text.endswith('an owl') for text in texts))


class Scenes(unittest.TestCase):
    def test_rendering_is_deterministic(self):
        for seed in range(20):
            np.testing.assert_array_equal(render(scene_of(seed)), render(scene_of(seed)))

    def test_every_scene_renders(self):
        for seed in range(300):
            picture = render(scene_of(seed, 'held' if seed % 2 else 'train'))
            self.assertEqual((picture.shape, picture.dtype), ((128, 128, 3), np.uint8))

    def test_each_nuisance_changes_some_picture(self):
        for k in range(len(NUISANCES)):
            changed = False
            for seed in range(40):
                rng = np.random.default_rng(seed)
                factors, u = sample_factors(rng), rng.standard_normal(len(NUISANCES))
                other = u.copy()
                other[k] = -1.5 * np.sign(u[k])
                a, b = resolve(factors, u), resolve(factors, other)
                changed |= bool((render(a) != render(b)).any())
            self.assertTrue(changed, NUISANCES[k])

    def test_sprites_lie_on_the_grid_of_cells_and_inside_the_picture(self):
        for seed in range(500):
            for sprite in scene_of(seed).sprites:
                self.assertEqual((sprite.x - sprite.side // 2) % 16, 0)
                self.assertEqual((sprite.y - sprite.side // 2) % 16, 0)
                self.assertTrue(0 <= sprite.x - sprite.side // 2 <= 128 - sprite.side)
                self.assertTrue(0 <= sprite.y - sprite.side // 2 <= 128 - sprite.side)

    def test_maps_cover_exactly_the_squares(self):
        for seed in range(200):
            scene = scene_of(seed)
            covered = int((maps(scene)['object'] > 0).sum())
            self.assertEqual(covered, sum((s.side // 16) ** 2 for s in scene.sprites))
            self.assertEqual(
                set(np.unique(maps(scene)['object'])) - {0},
                {MAPS['object'].index(s.noun) for s in scene.sprites},
            )
            self.assertEqual(global_classes(scene)['count'], str(len(scene.sprites)))


class Coupling(unittest.TestCase):
    def test_couple_then_read(self):
        rng = torch.Generator().manual_seed(0)
        noise = torch.randn(5, 4, 32, 32, generator=rng)
        u = torch.randn(5, len(NUISANCES), generator=rng)
        torch.testing.assert_close(read(couple(noise, u), len(NUISANCES)), u, atol=1e-5, rtol=0)

    def test_plain_noise_carries_standard_normal_numbers(self):
        u = read(torch.randn(4000, 4, 32, 32, generator=torch.Generator().manual_seed(1)), 13)
        self.assertLess(float(u.mean(0).abs().max()), 0.07)
        self.assertLess(float((u.std(0) - 1).abs().max()), 0.05)
