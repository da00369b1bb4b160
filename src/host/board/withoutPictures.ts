import type { BoardCell, StripEvidence, VariantEvidence } from '../../protocol/boardPanel.ts';

const gone = (cell: BoardCell): BoardCell => ({ ...cell, pictureId: 'gone' });

export const stripWithoutPictures = (strip: StripEvidence): StripEvidence => ({
  ...strip,
  original: gone(strip.original),
  pictures: strip.pictures.map((one) => ({ ...one, cell: gone(one.cell) })),
});

/** Findings with ids that name no picture: those of an earlier window may name others in this one. */
export function withoutPictures({
  controls,
  strip,
  downstream,
}: Omit<VariantEvidence, 'isStale'>): Omit<VariantEvidence, 'isStale'> {
  return {
    ...(downstream && { downstream }),
    ...(strip && { strip: stripWithoutPictures(strip) }),
    ...(controls && {
      controls: {
        ...controls,
        effect: gone(controls.effect),
        controls: controls.controls.map((one) => ({ ...one, cell: gone(one.cell) })),
      },
    }),
  };
}
