"""Tests of training, of its chain and of what is measured: `python -m unittest` in this folder."""

import unittest

import numpy as np
import torch
from diffusers import EulerAncestralDiscreteScheduler

import schedule
from ablate import stages
from auroc import Ranking, ask, least, matched_weights
from batches import (
    ONE_STEP_SAMPLES,
    carry_on,
    mix_of,
    next_batch,
)
from checkpoint import Run
from couple import read
from labels import share_of_strongest
from model import DOORS, NUMBERS, READER, SILENT, STUDIED, Size, TextToLatents
from object_k import lead
from optimizer import orthogonal
from scenes import NUISANCES
from stages import HERE, fingerprint, make_stages
from together import average_gradients, start
from tokenizer import load_tokenizer, token_ids
from verdicts import CONTEXT, NO, UNKNOWN, VALUES, YES, Verdicts


class Auroc(unittest.TestCase):
    def test_counts_pairs_with_negatives_weighted_as_the_positives(self):
        rng = np.random.default_rng(8)
        strengths = np.maximum(rng.standard_normal((60, 5)), 0).astype(np.float32)
        truth = rng.choice([YES, NO, NO, UNKNOWN], 60)
        strata = rng.integers(0, 3, 60)
        truth[(strata == 2) & (truth == NO)] = UNKNOWN
        positive, negative = matched_weights(truth, strata)
        for stratum in (0, 1):
            inside = strata == stratum
            self.assertAlmostEqual(negative[inside].sum(), positive[inside].sum(), places=4)
        self.assertEqual(positive[strata == 2].sum(), 0)
        found = Ranking(torch.from_numpy(strengths)).auroc(positive, negative)
        for feature in range(5):
            wins = weight = 0.0
            for i in np.flatnonzero(positive):
                for j in np.flatnonzero(negative):
                    a, b = strengths[i, feature], strengths[j, feature]
                    wins += negative[j] * ((a > b) + (a == b) / 2)
                    weight += negative[j]
            self.assertAlmostEqual(float(found[feature]), wins / weight, places=5)

    def test_finds_the_feature_that_was_made_for_a_value_and_asks_for_nothing_rarer(self):
        rng = np.random.default_rng(9)
        truth = np.full((400, sum(map(len, VALUES.values()))), NO, np.int8)
        truth[rng.permutation(400)[:100], 3] = YES
        truth[: least(400) - 1, 4] = YES
        nothing = np.zeros(400, np.int64)
        verdicts = Verdicts(truth, {name: nothing for name in CONTEXT})
        strengths = np.maximum(rng.standard_normal((1, 400, 7)), 0).astype(np.float32)
        strengths[0, :, 2] = (truth[:, 3] == YES) * (1 + rng.random(400))
        found = ask(torch.from_numpy(strengths), verdicts)
        self.assertEqual(found.columns, [3])
        self.assertEqual(found.best_features(), [(2, 1.0, 1.0)])


class Labels(unittest.TestCase):
    def test_share_is_of_as_many_as_show_the_value_and_have_a_verdict(self):
        strengths = torch.tensor([9.0, 8, 7, 6, 5, 0])
        truth = np.array([UNKNOWN, YES, NO, YES, YES, NO])
        self.assertAlmostEqual(share_of_strongest(strengths, truth), 2 / 3)
        self.assertEqual(share_of_strongest(strengths, np.full(6, NO)), 0)


class ObjectK(unittest.TestCase):
    def test_a_lead_is_what_removals_have_over_their_controls(self):
        counted = {
            'removals': {'count': 10, 'succeeded': 8},
            'controls': {'count': 30, 'succeeded': 3},
        }
        self.assertAlmostEqual(lead(counted), 0.7)
        nothing = {name: {'count': 0, 'succeeded': 0} for name in counted}
        self.assertEqual(lead(nothing), 0)


class Chain(unittest.TestCase):
    def test_every_stage_comes_after_those_that_it_needs_and_small_changes_what_it_makes(self):
        whole, small = make_stages(), make_stages(20)
        for place, stage in enumerate(whole.values()):
            self.assertTrue(set(stage.inputs) <= set(list(whole)[:place]), stage.name)
            for source in stage.sources:
                self.assertTrue((HERE / source).exists(), source)
        self.assertEqual([name for name in whole if name != 'golden'], list(small))
        self.assertNotEqual(fingerprint(whole['ship'], whole), fingerprint(small['ship'], small))


class Schedule(unittest.TestCase):
    def test_agrees_with_diffusers_over_four_steps(self):
        scheduler = EulerAncestralDiscreteScheduler(**schedule.SCHEDULER)
        scheduler.set_timesteps(4)
        rng = torch.Generator().manual_seed(2)
        x = torch.randn(1, 4, 32, 32, generator=rng) * scheduler.init_noise_sigma
        steps = scheduler.timesteps
        self.assertEqual(steps.tolist(), [999, 749, 499, 249])
        for t, following in zip(steps, [*steps[1:], None]):
            sigma = schedule.sigma_at(t.long()[None])
            v = torch.randn(1, 4, 32, 32, generator=rng)
            scaled = scheduler.scale_model_input(x, t)
            torch.testing.assert_close(schedule.model_input(x, sigma), scaled, atol=1e-4, rtol=0)
            result = scheduler.step(v, t, x, generator=torch.Generator().manual_seed(5))
            clean = schedule.clean_from_velocity(v, x, sigma)
            torch.testing.assert_close(clean, result.pred_original_sample, atol=1e-4, rtol=0)
            if following is not None:
                noise = torch.randn(1, 4, 32, 32, generator=torch.Generator().manual_seed(5))
                sigma_to = schedule.sigma_at(following.long()[None])
                own = schedule.ancestral_step(x, clean, sigma, sigma_to, noise)
                torch.testing.assert_close(own, result.prev_sample, atol=1e-4, rtol=0)
            x = result.prev_sample

    def test_what_follows_each_timestep(self):
        steps = torch.tensor([999, 999, 749, 499, 249, 600])
        short = torch.tensor([True, False, True, True, False, False])
        following = schedule.next_timesteps(steps, short)
        self.assertEqual(following.tolist(), [499, 749, 499, 249, 0, 0])


class Batches(unittest.TestCase):
    def test_rows_under_way_go_on_with_their_own_scene(self):
        run = Run(torch.nn.Linear(1, 1), torch.optim.SGD([torch.zeros(1)]), seed=0)
        mix = mix_of(32, ONE_STEP_SAMPLES)
        rng = torch.Generator().manual_seed(4)
        data = {
            'z': torch.randn(50, 4, 32, 32, generator=rng),
            'u': torch.randn(50, len(NUISANCES), generator=rng),
            'ids': torch.arange(50)[:, None, None].expand(50, 3, 32),
            'chance': torch.ones(50).index_fill(0, torch.arange(40, 50), 0.0),
            'empty': torch.full((32,), 99),
        }
        for _ in range(6):
            batch = next_batch(run, data, mix)
            self.assertEqual(len(batch.x), mix.total)
            first = batch.x[: mix.first] / schedule.SIGMAS[schedule.FIRST]
            numbers = read(first, len(NUISANCES))
            asked = data['u'][batch.scenes[: mix.first]]
            torch.testing.assert_close(numbers, asked, atol=1e-4, rtol=0)
            named = batch.ids[:, 0]
            self.assertTrue(bool(((named == batch.scenes) | (named == 99)).all()))
            self.assertLess(int(batch.scenes.max()), 40)
            carry_on(run, batch, torch.zeros_like(batch.x), mix)
            self.assertTrue(set(run.carried['timesteps'].tolist()) <= {749, 499, 249})
        self.assertGreater(len(set(run.carried['timesteps'].tolist())), 1)


def _moved_model() -> TextToLatents:
    """A model whose every trained weight is a little off its beginning."""
    torch.manual_seed(0)
    model = TextToLatents(Size(), load_tokenizer()).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.02 * torch.randn_like(parameter))
    model.keep()
    return model


class Doors(unittest.TestCase):
    def test_each_door_hears_its_own_words_and_the_last_stage_adds_nothing(self):
        model = _moved_model()
        heard, added = {}, {}
        for name, stage in stages(model.unet).items():
            for block in stage.transformer_blocks:
                block.attn2.register_forward_hook(
                    lambda _m, _i, out, name=name: heard.setdefault(name, out)
                )
            stage.register_forward_hook(
                lambda _m, i, out, name=name: added.update({name: out[0] - i[0]})
            )
        noise = torch.randn(1, 4, 32, 32).expand(3, -1, -1, -1)
        texts = ['a red cat at night', 'a red dog at night', 'a blue cat at sunset']
        nothing = torch.zeros(3, 1)
        with torch.no_grad():
            model(noise, torch.full((3,), schedule.FIRST), token_ids(texts), nothing)
        for name, read_by in DOORS.items():
            change = (heard[name] - heard[name][:1]).abs().amax((1, 2))
            object_changed, look_changed = (float(x) for x in change[1:])
            own, other = (object_changed, look_changed)[:: 1 if read_by == 0 else -1]
            self.assertGreater(own, 1e-3, name)
            if name == STUDIED[0]:  # before it the rows are alike
                self.assertLess(other, 1e-5, name)
        for name, update in added.items():
            self.assertEqual(bool(update.abs().max() == 0), name == SILENT, name)


class NoiseNumbers(unittest.TestCase):
    def test_every_cell_has_them_whatever_training_did(self):
        model, kept = _moved_model(), {}
        model.unet.get_submodule(READER).register_forward_hook(
            lambda _m, _i, out: kept.update(cells=out[0][:, :NUMBERS])
        )
        noise = torch.randn(200, 4, 32, 32, generator=torch.Generator().manual_seed(5))
        nothing = torch.zeros(200, 1)
        with torch.no_grad():
            model(noise, torch.full((200,), schedule.FIRST), token_ids(['a cat'] * 200), nothing)
        found, asked = kept['cells'].mean((2, 3)), read(noise, NUMBERS)
        for k in range(NUMBERS):
            same = float(torch.corrcoef(torch.stack([found[:, k], asked[:, k]]))[0, 1])
            self.assertGreater(same, 0.8, k)
        spread = kept['cells'].std((2, 3)).mean()
        self.assertGreater(float(found.std(0).min()), float(spread))


def _average_of_two(rank: int) -> None:
    """A gradient of rank + 1, laid out as convolutions are, and one that is missing."""
    weight, unused = (torch.zeros(2, 3, 4, 4, requires_grad=True) for _ in range(2))
    own = torch.arange(96.0).view(2, 3, 4, 4) * (rank + 1)
    weight.grad = own.to(memory_format=torch.channels_last)
    average_gradients([weight, unused])
    if not torch.equal(weight.grad, torch.arange(96.0).view(2, 3, 4, 4) * 1.5):
        raise AssertionError('not the mean of both')


class Together(unittest.TestCase):
    def test_two_processes_have_the_mean_of_their_gradients(self):
        start(_average_of_two, 2)


class Optimizer(unittest.TestCase):
    def test_update_is_about_orthogonal(self):
        matrices = torch.randn(3, 40, 90, generator=torch.Generator().manual_seed(3))
        values = torch.linalg.svdvals(orthogonal(matrices))
        self.assertTrue(0.5 < float(values.min()) and float(values.max()) < 1.4)


if __name__ == '__main__':
    unittest.main()
