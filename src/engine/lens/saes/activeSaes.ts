import type { SaeReason } from '../../../protocol/saes.ts';
import type { InstalledSae } from '../../models/sae/installedSaes.ts';

/** An SAE that a model has, from its own folder or imported. */
export interface KnownSae extends InstalledSae {
  readonly saeId: string;
  readonly origin: 'model' | 'imported';
  /** ISO 8601, UTC; imported ones. */
  readonly importedAt?: string;
  /** Imported for other weights that go by the same model id. */
  readonly isForOtherWeights: boolean;
}

export interface ActiveSae {
  readonly sae: KnownSae;
  readonly because: SaeReason;
}

/**
 * Which SAE is used in each stage: the chosen one; else the one imported last, since importing one is saying that one
 * wants it; else the model's own. One that was imported for other weights is used only when chosen.
 *
 * @param chosen ids by stage; an id that no SAE of the stage has any more counts as no choice
 */
export function activeSaes(
  saes: readonly KnownSae[],
  chosen: ReadonlyMap<string, string>,
): ReadonlyMap<string, ActiveSae> {
  const active = new Map<string, ActiveSae>();
  for (const stage of new Set(saes.map(({ stagePath }) => stagePath))) {
    const all = saes.filter(({ stagePath }) => stagePath === stage);
    const picked = all.find(({ saeId }) => saeId === chosen.get(stage));
    const usable = all
      .filter(({ isForOtherWeights }) => !isForOtherWeights)
      .sort((a, b) => (b.importedAt ?? '').localeCompare(a.importedAt ?? ''));
    const [newest] = usable;
    if (picked) active.set(stage, { sae: picked, because: 'chosen' });
    else if (newest) {
      active.set(stage, { sae: newest, because: usable.length > 1 ? 'newest' : 'only' });
    }
  }
  return active;
}
