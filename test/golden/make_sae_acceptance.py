"""Writes test/golden/sae/acceptance.safetensors: real samples of the four stages and their SAEs, cut down to commit.

    python test/golden/make_sae_acceptance.py MODEL SAES    (torch, diffusers, safetensors; CPU, a minute)

Samples: 8 prompts, 4 steps of which step 0 and 3 are kept, 5 cells of each picture: update ΔD and output, float16,
[steps, cells, d]. SAEs: the features that are active on these samples, in their order; leaving out features that are
never among the k largest changes no code. Seeds: the noise of prompt i is torch.Generator().manual_seed(42 + i).
"""
import importlib.metadata
import json
import sys
from pathlib import Path

import torch
from diffusers import StableDiffusionXLPipeline
from safetensors.torch import save_file

PROMPTS = ['a cat on grass', 'a red apple on the left and a dog on the right on a blue background', 'a small rocket in space',
           'two bananas on the beach', 'a castle at night', 'a purple car in the city', 'a panda in the forest, pixel art',
           'a robot on the right in the desert']
BLOCKS = ['down_blocks.2.attentions.1', 'mid_block.attentions.0', 'up_blocks.0.attentions.0', 'up_blocks.0.attentions.1']
STEPS, KEPT_STEPS, CELLS_KEPT = 4, (0, 3), (9, 20, 28, 35, 54)


def main(model: Path, saes: Path):
    torch.set_num_threads(1)
    pipe = StableDiffusionXLPipeline.from_pretrained(model, torch_dtype=torch.float32, add_watermarker=False)
    pipe.set_progress_bar_config(disable=True)
    seen = {block: [] for block in BLOCKS}
    for block in BLOCKS:
        def hook(_module, args, kwargs, out, block=block):
            hidden = args[0] if args else kwargs['hidden_states']
            after = out[0] if isinstance(out, tuple) else out.sample
            seen[block].append((after - hidden, after))
        pipe.unet.get_submodule(block).register_forward_hook(hook, with_kwargs=True)
    with torch.no_grad():
        for i, prompt in enumerate(PROMPTS):
            pipe(prompt=prompt, num_inference_steps=STEPS, guidance_scale=0.0, output_type='latent',
                 generator=torch.Generator().manual_seed(42 + i))
    out = {}
    for block in BLOCKS:
        for which, name in enumerate(('update', 'output')):
            stacked = torch.stack([pair[which][0].flatten(1).T for pair in seen[block]])  # [prompts * steps, 64, d]
            stacked = stacked.reshape(len(PROMPTS), STEPS, 64, -1)[:, list(KEPT_STEPS)][:, :, list(CELLS_KEPT)]
            out[f'{block}.{name}'] = stacked.transpose(0, 1).reshape(len(KEPT_STEPS), -1, stacked.shape[-1]).half().contiguous()
        (folder,) = saes.glob(f'unet.{block}_*/final')
        state = torch.load(folder / 'state_dict.pth', weights_only=True)['state_dict']
        x = out[f'{block}.update'].float().flatten(0, 1)
        pre = (x - state['pre_bias']) @ state['encoder.weight'].T + state['latent_bias']
        k = json.loads((folder / 'config.json').read_text())['k']
        alive = pre.topk(k, dim=-1).indices.unique()
        out[f'{block}.k'] = torch.tensor([float(k)])
        out[f'{block}.encoder'] = state['encoder.weight'][alive].half()
        out[f'{block}.decoder'] = state['decoder.weight'].T[alive].half().contiguous()
        out[f'{block}.latent_bias'] = state['latent_bias'][alive].contiguous()
        out[f'{block}.pre_bias'] = state['pre_bias'].contiguous()
        print(block, len(alive), 'features')
    versions = {name: importlib.metadata.version(name) for name in ('torch', 'diffusers')}
    made = dict(command='python test/golden/make_sae_acceptance.py MODEL SAES', prompts=json.dumps(PROMPTS),
                steps=json.dumps(KEPT_STEPS), **versions)
    target = Path(__file__).parent / 'sae' / 'acceptance.safetensors'
    save_file(out, target, metadata=made)
    print(target.stat().st_size, 'bytes')


if __name__ == '__main__':
    main(*map(Path, sys.argv[1:3]))
