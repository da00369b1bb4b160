import type { EditRecipe, PictureBase } from '../../../protocol/recipe.ts';
import type { SaeManifest } from '../../models/sae/saeManifest.ts';
import type { PythonEdits } from './pythonEdits.ts';
import { pythonText, pythonValue } from './pythonText.ts';

export interface PythonSae {
  /** Module path in the U-net. */
  readonly path: string;
  /** Its weights file on this machine. */
  readonly file: string;
  readonly manifest: Pick<
    SaeManifest,
    'activation' | 'k' | 'target' | 'normalisation' | 'applyDecBiasToInput'
  >;
}

export interface ScriptParts {
  readonly base: PictureBase;
  readonly recipe: EditRecipe;
  readonly modelId: string;
  readonly edits: PythonEdits;
  readonly saes: readonly PythonSae[];
}

/**
 * One Python file that makes the edited picture with torch hooks on diffusers' pipeline: everything in float32 on the
 * CPU, where the seed means the same noise.
 *
 * @source the formulas of `EditSink`; run by test/engine/copiedPython.test.ts
 */
export function pythonScript({ base, recipe, modelId, edits, saes }: ScriptParts): string {
  const saeTable = Object.fromEntries(
    saes.map(({ path, file, manifest }) => [path, { file, ...manifest, k: manifest.k ?? null }]),
  );
  const negative = base.negativePrompt === '' ? 'None' : pythonText(base.negativePrompt);
  return `"""An edited picture, copied from Featurescope.

    python THIS_FILE.py MODEL_DIR [OUT.png] [--unedited]

MODEL_DIR holds the model in the form of diffusers. Needs torch and diffusers${saes.length > 0 ? ' and safetensors' : ''}.
"""

import base64
import sys

import torch
from diffusers import ${base.scheduler}, StableDiffusionXLPipeline

NAME = ${pythonText(recipe.name ?? '')}
MODEL = ${pythonText(modelId)}
PROMPT = ${pythonText(base.prompt)}
NEGATIVE_PROMPT = ${negative}
SCHEDULER = ${base.scheduler}
SEED = ${String(base.seed)}
STEPS = ${String(base.steps)}
GUIDANCE_SCALE = ${pythonValue(base.guidanceScale)}
WIDTH, HEIGHT = ${String(base.width)}, ${String(base.height)}

# What is done to the update (output - input) of each transformer stage, by step; numbers name arrays.
EDITS = [
${edits.steps.map((step) => `    ${pythonValue(step)},`).join('\n')}
]
# Dictionaries whose codes are computed here.
SAES = ${pythonValue(saeTable)}
# float32, little-endian.
ARRAYS = [
${edits.arrays.map((text) => `    "${text}",`).join('\n')}
]
${runtime}`;
}

const runtime = String.raw`

def array(index):
    return torch.frombuffer(bytearray(base64.b64decode(ARRAYS[index])), dtype=torch.float32)


class Sae:
    """s = activation(W_enc (norm(h) - b_pre) + b); h_hat = denorm(s W_dec + b_pre)"""

    def __init__(self, file, activation, k, target, normalisation, applyDecBiasToInput):
        from safetensors.torch import load_file

        tensors = {name: tensor.float() for name, tensor in load_file(file).items()}
        self.encoder, self.decoder = tensors["encoder_t"], tensors["decoder"]
        self.pre_bias, self.bias = tensors["pre_bias"], tensors["latent_bias"]
        self.threshold = tensors.get("threshold", torch.zeros(1))
        self.activation, self.k, self.target = activation, k, target
        self.normalisation, self.subtracts = normalisation, applyDecBiasToInput

    def read(self, update, output):
        """[rows, cells, width] -> codes [rows, cells, features], scale and shift of each cell [rows, cells, 1]"""
        h = output if self.target == "output" else update
        scale, shift = torch.ones_like(h[..., :1]), torch.zeros_like(h[..., :1])
        if self.normalisation == "layer-norm":
            scale, shift = h.std(-1, keepdim=True) + 1e-5, h.mean(-1, keepdim=True)
        elif self.normalisation == "constant-norm":
            scale = h.norm(dim=-1, keepdim=True) / h.shape[-1] ** 0.5
        x = (h - shift) / scale
        pre = (x - self.pre_bias if self.subtracts else x) @ self.encoder + self.bias
        if self.activation in ("topk-relu", "relu-topk"):
            kept = pre.topk(self.k, dim=-1)
            codes = torch.zeros_like(pre).scatter(-1, kept.indices, kept.values.relu())
        elif self.activation == "relu":
            codes = pre.relu()
        else:
            codes = torch.where(pre > self.threshold, pre.relu(), torch.zeros_like(pre))
        return codes, scale, shift


def apply(operations, sae, update, output):
    """The edited update. update, output [rows, cells, width]"""
    rows, cells, width = update.shape
    now = update.clone()
    codes, scale, shift = sae.read(update, output) if sae else (None, 1.0, 0.0)
    for each in operations:
        kind = each["do"]
        if kind == "add":
            maps = array(each["maps"]).reshape(rows, cells, 1)
            constant, by_code, where_active = each["terms"]
            vector = array(each["vector"])
            s = torch.zeros(rows, cells, 1)
            if each["feature"] is not None:
                s = codes[..., each["feature"], None]
                maps = maps * scale
            elif each["read"] is not None:
                s = (update @ array(each["read"]))[..., None] + each["readBias"]
            now = now + maps * (constant + by_code * s + where_active * (s > 0)) * vector
            continue
        mask = array(each["mask"]).reshape(cells, 1)
        if kind == "fade":
            now = (1 - mask) * now
        elif kind == "own":
            now = now + mask * update
        elif kind == "rebuild":
            now = now + mask * (codes @ sae.decoder) * scale
            now = now + mask * (sae.pre_bias * scale + shift)
        elif kind == "bias":
            now = now + mask * (sae.pre_bias * scale + shift)
        elif kind == "tensor":
            now = now + mask * array(each["tensor"]).reshape(rows, width, cells).transpose(1, 2)
    return now


def add_hooks(unet):
    counts = {}
    saes = {path: Sae(**facts) for path, facts in SAES.items()}

    def make_hook(path):
        def hook(_module, arguments, named, result):
            given = arguments[0] if arguments else named["hidden_states"]
            output = result[0]
            step = counts.get(path, 0)
            counts[path] = step + 1
            operations = EDITS[step].get(path) if step < len(EDITS) else None
            if not operations:
                return None
            to_cells = lambda maps: maps.flatten(2).transpose(1, 2)
            update = to_cells(output - given)
            change = apply(operations, saes.get(path), update, to_cells(output)) - update
            return (output + change.transpose(1, 2).reshape(output.shape), *result[1:])

        return hook

    for path in {path for step in EDITS for path in step}:
        unet.get_submodule(path).register_forward_hook(make_hook(path), with_kwargs=True)


def main():
    names = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    if not names:
        sys.exit(__doc__)
    pipe = StableDiffusionXLPipeline.from_pretrained(names[0], torch_dtype=torch.float32, add_watermarker=False)
    pipe.scheduler = SCHEDULER.from_config(pipe.scheduler.config)
    if "--unedited" not in sys.argv:
        add_hooks(pipe.unet)
    with torch.inference_mode():
        result = pipe(
            prompt=PROMPT,
            negative_prompt=NEGATIVE_PROMPT,
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE_SCALE,
            width=WIDTH,
            height=HEIGHT,
            generator=torch.Generator("cpu").manual_seed(SEED),
        )
    out = names[1] if len(names) > 1 else "edited.png"
    result.images[0].save(out)
    print(out)


if __name__ == "__main__":
    main()
`;
