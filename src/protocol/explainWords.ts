import type { EncodedPath, ExplainProgress, ExplainResult, MadeHerePath } from './explain.ts';

/** Which path was taken, in one sentence. */
export function pathWords({ path, file }: Pick<ExplainResult, 'path' | 'file'>): string {
  if (path.kind === 'madeHere') return madeHereWords(path);
  const { startingPoint } = path;
  if (startingPoint) {
    return (
      `Made by another tool: ${startingPoint.tool} wrote how, but this is no replay of it. ` +
      encodedWords(path)
    );
  }
  return `Nothing in ${file.name} says how it was made. ${encodedWords(path)}`;
}

function madeHereWords({ foundIn, verdict, manifest }: MadeHerePath): string {
  const where =
    foundIn === 'picture' ? 'the picture itself says how' : 'the JSON beside it says how';
  const start = `Made here: ${where}.`;
  switch (verdict.kind) {
    case 'exact':
      return `${start} Made again, every pixel is the same: exact.`;
    case 'differs': {
      const { largest, mean, share, ssim } = verdict.difference;
      return (
        `${start} Made again with the same model, the picture differs from the file by ${short(mean)} of 255 on ` +
        `average and ${String(largest)} at most, in ${short(100 * share)} % of the pixels (SSIM ${short(ssim)}). ` +
        (ssim < strangerSsim
          ? 'They are so different that the file may be another picture: explain it without what it says.'
          : 'The features are those of the picture made again, not of the changes in the file.')
      );
    }
    case 'otherSize':
      return (
        `${start} Made again it is ${String(manifest.width)} × ${String(manifest.height)} pixels, the file has another size: ` +
        'the features are those of the picture made again.'
      );
    case 'modelMissing':
      return (
        `${start} Model missing: it was made with "${manifest.model.id}", and ${filesWords(verdict.files)} of the current ` +
        `model "${verdict.currentId}" ${verdict.files.length === 1 ? 'is' : 'are'} not the same. Choose that model to make it ` +
        'again, or explain the picture without what it says.'
      );
  }
}

/** What reading a picture from elsewhere is worth on the embedded model: `npm run eval:explain`, 120 scenes, 4 noises. */
export const embeddedCaveat =
  'At the default timestep and with an empty prompt the embedded model tells the objects of drawn scenes no better than ' +
  'by chance (hit@10 10.7 % beside 12.4 %); in pictures made with it 58.3 % beside 12.2 %.';

/** Three digits are enough to read. */
const short = (value: number): string => String(Number(value.toPrecision(3)));

/** Below this two pictures of one prompt look as different as those of two seeds. */
const strangerSsim = 0.5;
const filesNamed = 2;

function filesWords(files: readonly string[]): string {
  const named = files.slice(0, filesNamed).join(', ');
  const more = files.length - filesNamed;
  return more > 0 ? `${named} and ${String(more)} more files` : named;
}

const encodedWords = ({ timestep, signal, noise, seeds, control, prompt }: EncodedPath): string =>
  `It was encoded, noised to timestep ${String(timestep)} (${short(signal)} picture, ${short(noise)} noise) and ` +
  `read ${prompt === '' ? 'with an empty prompt' : `with the prompt “${prompt}”`} under ` +
  `${String(seeds.length)} ${seeds.length === 1 ? 'noise' : 'noises'}, beside ${control.name} under the same.`;

/** How the file became what the model takes. */
export function fitWords({ file, picture }: Pick<ExplainResult, 'file' | 'picture'>): string {
  const { source, crop, notes } = file;
  const isWhole = crop.width === source.width && crop.height === source.height;
  const isSame = crop.width === picture.width && crop.height === picture.height;
  const cropped = isWhole
    ? ''
    : `, its middle ${String(crop.width)} × ${String(crop.height)} of that`;
  const resized = isSame ? '' : `, resized to ${String(picture.width)} × ${String(picture.height)}`;
  return [
    `${file.format}, ${String(source.width)} × ${String(source.height)} pixels${cropped}${resized}.`,
    ...notes,
  ].join(' ');
}

/** Undefined for phases that every picture has. */
export function explainPhase(progress: ExplainProgress): string | undefined {
  switch (progress.phase) {
    case 'readingFile':
      return 'Reading the file';
    case 'encodingPicture':
      return 'Encoding the picture';
    case 'readingFeatures':
      return `Reading features, pass ${String(progress.done + 1)} of ${String(progress.total)}`;
    default:
      return undefined;
  }
}
