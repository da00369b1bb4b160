import assert from 'node:assert/strict';
import { startingPointOf } from './startingPoint.ts';

/** As AUTOMATIC1111's wiki shows it. */
const parameters = `a photo of a cat, (grass:1.2)
on two lines
Negative prompt: dog, blurry
more of it
Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7.5, Seed: 4027103558, Size: 512x768, Model hash: 6ce0161689, Model: v1-5-pruned, Lora hashes: "one: 1, two: 2", Version: v1.9.3`;

/** As ComfyUI's SaveImage writes it for its default graph. */
const graph = {
  '3': {
    class_type: 'KSampler',
    inputs: {
      ...{ seed: 156680208700286, steps: 20, cfg: 8, sampler_name: 'euler', scheduler: 'normal' },
      ...{
        denoise: 1,
        model: ['4', 0],
        positive: ['6', 0],
        negative: ['7', 0],
        latent_image: ['5', 0],
      },
    },
  },
  '4': {
    class_type: 'CheckpointLoaderSimple',
    inputs: { ckpt_name: 'sd_xl_base_1.0.safetensors' },
  },
  '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 512, batch_size: 1 } },
  '6': { class_type: 'CLIPTextEncode', inputs: { text: 'a bottle of galaxies', clip: ['4', 1] } },
  '7': { class_type: 'CLIPTextEncode', inputs: { text: 'text, watermark', clip: ['4', 1] } },
};

describe('startingPointOf', () => {
  it("reads AUTOMATIC1111's parameters", () => {
    assert.deepEqual(startingPointOf({ parameters }), {
      tool: 'AUTOMATIC1111',
      prompt: 'a photo of a cat, (grass:1.2)\non two lines',
      negativePrompt: 'dog, blurry\nmore of it',
      ...{ seed: 4027103558, steps: 20, guidanceScale: 7.5 },
      ...{ sampler: 'DPM++ 2M Karras', model: 'v1-5-pruned' },
    });
    assert.equal(startingPointOf({ UserComment: parameters })?.seed, 4027103558);
  });

  it('reads a prompt without a negative one, and none from other texts', () => {
    const short = startingPointOf({ parameters: 'a cat\nSteps: 4, Seed: 1' });
    assert.deepEqual([short?.prompt, short?.negativePrompt, short?.steps], ['a cat', '', 4]);
    assert.equal(startingPointOf({ parameters: 'just words' }), null);
    assert.equal(startingPointOf({ Software: 'GIMP' }), null);
  });

  it("follows ComfyUI's graph from the sampler", () => {
    assert.deepEqual(startingPointOf({ prompt: JSON.stringify(graph) }), {
      tool: 'ComfyUI',
      prompt: 'a bottle of galaxies',
      negativePrompt: 'text, watermark',
      ...{ seed: 156680208700286, steps: 20, guidanceScale: 8 },
      ...{ sampler: 'euler', model: 'sd_xl_base_1.0.safetensors' },
    });
  });

  it('gives up on graphs that go in circles or are none', () => {
    const circle = {
      '1': { class_type: 'K', inputs: { seed: 1, positive: ['2', 0] } },
      '2': { class_type: 'C', inputs: { conditioning: ['2', 0] } },
    };
    assert.equal(startingPointOf({ prompt: JSON.stringify(circle) })?.prompt, '');
    for (const prompt of ['', '[]', 'null', '{"1": 5}', '{"1": {"class_type": 1}}', '{NaN']) {
      assert.equal(startingPointOf({ prompt }), null, prompt);
    }
  });
});
