"""The autoencoder between 128 px pictures and 4 x 32 x 32 latents, trained on rendered scenes.

    python vae.py                   trains encoder and decoder together
    python vae.py --go-on           the same, from the saved weights
    python vae.py --decoder-only    goes on with the decoder alone: latents stay what they are

Normalisation-free on purpose: with GroupNorm, an autoencoder trained on crops learnt plain colours
badly (they vanish in the norm).
"""

import argparse
import time
from functools import lru_cache

import numpy as np
import torch
from diffusers import AutoencoderTiny

from factors import draw_chance, sample_factors
from optimizer import MuonWithAdamW
from scenes import NUISANCES, render, resolve
from sheet import save_sheet
from work import device, mixed_precision, save_atomically, work_folder

CROP, BATCH, POOL = 64, 16, 6000
LATENT_SIDE = 4
"""Pixels."""


def new_vae() -> AutoencoderTiny:
    return AutoencoderTiny(
        encoder_block_out_channels=(32,) * 3,
        decoder_block_out_channels=(32,) * 3,
        num_encoder_blocks=(1, 1, 1),
        num_decoder_blocks=(2, 2, 1),
        latent_channels=4,
        upsampling_scaling_factor=2,
    )


def scene_pool(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rendered scenes, u8 [count, 128, 128, 3], and how often each is drawn, [count], sum 1."""
    rng = np.random.default_rng(seed)
    pictures, chances = [], []
    for _ in range(count):
        factors = sample_factors(rng)
        pictures.append(render(resolve(factors, rng.standard_normal(len(NUISANCES)))))
        chances.append(draw_chance(factors))
    return np.stack(pictures), np.array(chances) / sum(chances)


def to_tensor(pictures: np.ndarray) -> torch.Tensor:
    """u8 [n, h, w, 3] to f32 [n, 3, h, w] in -1..1."""
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    return x.contiguous(memory_format=torch.channels_last).to(device())


def to_pictures(x: torch.Tensor) -> np.ndarray:
    """f32 [n, 3, h, w] in -1..1 to u8 [n, h, w, 3]."""
    levels = (x.float().clamp(-1, 1) + 1) * 127.5
    return levels.round().byte().permute(0, 2, 3, 1).cpu().numpy()


def crops(pool: np.ndarray, chances: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
    """A batch of random squares of the pool, [BATCH, 3, CROP, CROP]. Their corners lie on corners
    of latents, as whole pictures' do: elsewhere the squares of pixel art would lie across them."""
    picks = rng.choice(len(pool), BATCH, p=chances)
    corners = rng.integers(0, (pool.shape[1] - CROP) // LATENT_SIDE + 1, (BATCH, 2)) * LATENT_SIDE
    return to_tensor(
        np.stack([pool[i, a : a + CROP, b : b + CROP] for i, (a, b) in zip(picks, corners)])
    )


def reconstruction_loss(y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """L1 of the values plus L1 of both difference images, so that edges count."""
    across = (y.diff(dim=3) - x.diff(dim=3)).abs().mean()
    down = (y.diff(dim=2) - x.diff(dim=2)).abs().mean()
    return (y - x).abs().mean() + 0.5 * (across + down)


def train(vae: AutoencoderTiny, steps: int, decoder_only: bool, seed: int) -> None:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    pool, chances = scene_pool(POOL, seed)
    print(f'{POOL} scenes rendered', flush=True)
    vae.to(device(), memory_format=torch.channels_last)

    def losses(x: torch.Tensor, noise: torch.Tensor):
        with torch.set_grad_enabled(not decoder_only):
            z = vae.encoder(x)
        y = vae.decoder(z + (0.0 if decoder_only else 0.1) * noise)
        return reconstruction_loss(y.float(), x), z.float().square().mean()

    step_losses = torch.compile(losses)
    parameters = list((vae.decoder if decoder_only else vae).parameters())
    optimizer = MuonWithAdamW(vae.decoder if decoder_only else vae, lr=2e-3, weight_decay=0.0)
    start = time.time()
    for step in range(steps):
        decay = 0.5 * (1 + np.cos(np.pi * step / steps)) + 0.01
        for group in optimizer.param_groups:
            group['lr'] = 2e-3 * min(1, (step + 1) / 100) * decay
        x = crops(pool, chances, rng)
        with mixed_precision():
            loss, size = step_losses(
                x, torch.randn(BATCH, 4, CROP // LATENT_SIDE, CROP // LATENT_SIDE, device=x.device)
            )
        optimizer.zero_grad(set_to_none=True)
        (loss + 1e-3 * size).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if step % 20 == 0:
            print(f'{step} {time.time() - start:.0f}s loss {loss:.4f} z² {size:.2f}', flush=True)


def psnr(y: torch.Tensor, x: torch.Tensor) -> float:
    return float(-10 * torch.log10(((y.clamp(-1, 1) - x) / 2).square().mean()))


@torch.no_grad()
def finish(vae: AutoencoderTiny, keep_scale: bool) -> None:
    """Measures on fresh scenes, sets the latents' scale to unit variance, saves."""
    vae.eval()
    x = to_tensor(scene_pool(256, seed=99)[0])
    z = torch.cat([vae.encoder(part) for part in x.split(32)])
    if not keep_scale:
        vae.register_to_config(scaling_factor=round(float(1 / z.std()), 4))
    y = torch.cat([vae.decoder(part) for part in z.split(32)])
    print(f'held-out PSNR {psnr(y, x):.2f} dB, scale {vae.config.scaling_factor}')
    folder = work_folder() / 'vae'
    vae.save_pretrained(folder)
    before, after = to_pictures(x[:20]), to_pictures(y[:20])
    save_sheet(
        [list(before[:10]), list(after[:10]), list(before[10:]), list(after[10:])],
        work_folder() / 'vae.png',
    )
    save_atomically({'psnr': psnr(y, x)}, work_folder() / 'vae-measured.pt')


@lru_cache(maxsize=1)
def load_vae() -> AutoencoderTiny:
    """The trained autoencoder, ready for use."""
    vae = AutoencoderTiny.from_pretrained(work_folder() / 'vae').eval()
    return vae.to(device(), memory_format=torch.channels_last)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--steps', type=int, default=5000)
    arguments.add_argument('--go-on', action='store_true')
    arguments.add_argument('--decoder-only', action='store_true')
    options = arguments.parse_args()
    only = options.decoder_only
    torch.manual_seed(0)
    vae = load_vae().train() if only or options.go_on else new_vae()
    train(vae, options.steps, only, seed=1 + only + 2 * options.go_on)
    finish(vae, keep_scale=only)


if __name__ == '__main__':
    main()
