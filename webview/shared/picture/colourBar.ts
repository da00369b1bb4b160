import { html, svg, type TemplateResult } from 'lit';
import { colourScale, colourScaleSteps } from '../../../src/numerics/colourScale.ts';
import { significant } from '../../../src/numerics/significant.ts';
import { rangeOf, type MapColours, type PictureMap } from './pictureMap.ts';

const patchCount = 32;

/** What the colours of a map mean, in its unit. */
export function colourBar(map: PictureMap): TemplateResult {
  const { min, max } = rangeOf(map);
  const ends = [significant(min), significant(max)] as const;
  return html`<div
    class="colourBar"
    role="img"
    aria-label="${map.name}: colours from ${ends[0]} to ${ends[1]} ${map.unit}"
  >
    <span class="colourBarName">${map.name}</span>
    <span>${ends[0]}</span>
    <svg
      class="colourBarRamp"
      preserveAspectRatio="none"
      shape-rendering="crispEdges"
      viewBox="0 0 ${patchCount} 1"
    >
      ${patches(map.colours)}
    </svg>
    <span>${ends[1]} ${map.unit}</span>
  </div>`;
}

function patches(colours: MapColours): TemplateResult[] {
  return Array.from({ length: patchCount }, (_, patch) => {
    const share = patch / (patchCount - 1);
    if (colours.startsWith('#')) {
      return svg`<rect x=${patch} width="1" height="1" fill=${colours} fill-opacity=${share} />`;
    }
    const table = colourScale(colours as Exclude<MapColours, `#${string}`>);
    const entry = Math.round(share * (colourScaleSteps - 1)) * 3;
    const rgb = table.subarray(entry, entry + 3).join(' ');
    return svg`<rect x=${patch} width="1" height="1" fill="rgb(${rgb})" />`;
  });
}
