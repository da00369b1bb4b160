import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type BlockFacts, readBlocks } from '../../src/engine/lens/intervene/blockFacts.ts';
import { makeEdited } from '../../src/engine/lens/intervene/makeEdited.ts';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { findInstalledSaes } from '../../src/engine/models/sae/installedSaes.ts';
import { createPipeline, type Pipeline } from '../../src/engine/pipeline/generate.ts';
import type { Edit, EditMask } from '../../src/protocol/recipe.ts';
import {
  goldenTensor,
  readGoldenJson,
  readGoldenTensors,
  relativeDifference,
} from '../support/golden.ts';
import { useLargest } from '../support/useLargest.ts';
import { useOrt } from '../support/useOrt.ts';

const root = join(import.meta.dirname, '..', '..');
const modelDir = join(root, 'models', 'mini');

interface GoldenEdit {
  readonly kind: string;
  readonly stage: string;
  readonly steps: readonly number[] | null;
  readonly features?: readonly number[];
  readonly beta?: number;
  readonly amount?: number;
  readonly gamma?: number;
  readonly mask?: readonly number[];
  readonly rows?: 'conditional' | 'both';
  readonly weights?: readonly number[];
  readonly from?: string;
  readonly vector?: readonly number[];
  readonly read?: readonly number[];
  readonly bias?: number;
  readonly factor?: number;
}
interface Golden {
  readonly meta: { readonly seed: number };
  readonly cases: readonly {
    readonly name: string;
    readonly base: string;
    readonly prompt: string;
    readonly stepCount: number;
    readonly guidanceScale: number;
    readonly maps: 'static' | 'adaptive';
    readonly edits: readonly GoldenEdit[];
    readonly effect: number;
  }[];
}

/** f32, of the largest latent: ONNX Runtime and torch sum in different orders, and steps add up. */
const tolerance = 2e-4;

describe('edits against torch hooks on diffusers', () => {
  const golden = readGoldenJson('edits.json') as Golden;
  const tensors = readGoldenTensors('edits.safetensors');
  const ort = useOrt();
  const note = useLargest();
  let pipeline: Pipeline;
  let blocks: readonly BlockFacts[];

  before(async () => {
    const saes = await findInstalledSaes(join(modelDir, 'saes'));
    pipeline = createPipeline(await readModelFolder(modelDir), ort, {
      provider: 'cpu',
      threadCount: 1,
      saes,
    });
    blocks = await readBlocks(pipeline);
  });

  for (const each of golden.cases) {
    it(`gives the latents of ${each.name}`, async () => {
      const { defaults } = pipeline.model.description;
      const request = {
        prompt: each.prompt,
        negativePrompt: '',
        seed: golden.meta.seed,
        steps: each.stepCount,
        guidanceScale: each.guidanceScale,
        scheduler: defaults.scheduler,
        width: defaults.width,
        height: defaults.height,
      };
      const edits = each.edits.map((edit) => editOf(edit, each, blocks));
      const { edited } = await makeEdited(pipeline, request, { version: 1, edits });
      const expected = goldenTensor(tensors, `latents.${each.name}`).data as Float32Array;
      const difference = relativeDifference(edited.latents, expected);
      note('edited latents, of the largest', difference);
      assert.ok(difference <= tolerance, `${each.name}: ${difference}, effect ${each.effect}`);
    });
  }
});

function editOf(
  edit: GoldenEdit,
  { maps, stepCount }: Pick<Golden['cases'][number], 'maps' | 'stepCount'>,
  blocks: readonly BlockFacts[],
): Edit {
  const block = blocks.find(({ path }) => path === edit.stage) ?? assert.fail(edit.stage);
  const side = Math.sqrt(edit.mask?.length ?? 0);
  const mask: EditMask | undefined = edit.mask && {
    kind: 'cells',
    cellsHigh: side,
    cellsWide: side,
    weights: edit.mask,
  };
  const common = {
    block: block.name,
    ...(edit.steps && { steps: edit.steps }),
    ...(mask && { mask }),
  };
  const sources = (edit.features ?? []).map((feature) => ({ feature }));
  switch (edit.kind) {
    case 'scale':
      return { ...common, kind: 'scale', sources, factor: 1 + (edit.beta ?? NaN), maps };
    case 'add': {
      const strength = { value: edit.amount ?? NaN, unit: 'mean' } as const;
      return { ...common, kind: 'add', sources, strength, rows: edit.rows ?? assert.fail() };
    }
    case 'keepOnly':
      return { ...common, kind: 'keepOnly', sources, maps };
    case 'reconstruct':
      return { ...common, kind: 'reconstruct', withError: false, maps };
    case 'ablate':
      return { ...common, kind: 'ablate' };
    case 'icon': {
      const k = block.sae?.definition.k ?? NaN;
      const strength = { value: (edit.gamma ?? NaN) * k, unit: 'mean' } as const;
      return { ...common, kind: 'replace', sources, strength };
    }
    case 'addActive': {
      const strength = { value: edit.amount ?? NaN, unit: 'mean' } as const;
      const rows = edit.rows ?? assert.fail();
      return { ...common, kind: 'add', sources, strength, rows, onlyActive: maps };
    }
    case 'replace': {
      const strength = { value: edit.amount ?? NaN, unit: 'mean' } as const;
      return { ...common, kind: 'replace', sources, strength };
    }
    case 'addMap': {
      const weights = Array.from({ length: stepCount }, () => [edit.weights ?? []]);
      const grid = Math.sqrt(edit.weights?.length ?? 0);
      return { ...common, kind: 'addMap', sources, weights, cellsHigh: grid, cellsWide: grid };
    }
    case 'swap':
      return { ...common, kind: 'swap', from: { prompt: edit.from ?? assert.fail() } };
    case 'direction': {
      const { vector = [], read = [], bias = 0, factor = NaN } = edit;
      const channel = vector.indexOf(1);
      const named = { name: 'wave', vector, read, readBias: bias };
      // A channel's own reading is the channel: both ways of naming it are the same.
      const source = channel >= 0 && vector.every((v, i) => v === (i === channel ? 1 : 0));
      return { ...common, kind: 'scale', sources: [source ? { channel } : named], factor, maps };
    }
    default:
      return assert.fail(edit.kind);
  }
}
