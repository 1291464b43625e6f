import type { InitialFilterCriterion, ServiceProfile } from '../../ports/service-profile.ts';
import { MAX_SHARED_CRITERIA } from './config.ts';

/** The services of one service profile. @see TS 29.228 Annex B.2.2 */
export type Services = Pick<ServiceProfile, 'initialFilterCriteria'>;

/** Keeps equal services of many users once: an operator gives most of its users the same ones. */
export class SharedServices {
  /** By their text. */
  readonly #criteria = new Map<string, readonly InitialFilterCriterion[]>();

  /** A copy of what the HSS sent that keeps nothing of its text; its criteria are shared with other users who have the same. */
  of({ initialFilterCriteria }: ServiceProfile): Services {
    return { initialFilterCriteria: this.#shared(initialFilterCriteria) };
  }

  #shared(criteria: readonly InitialFilterCriterion[]): readonly InitialFilterCriterion[] {
    const text = JSON.stringify(criteria);
    const known = this.#criteria.get(text);
    if (known !== undefined) return known;
    const copy: readonly InitialFilterCriterion[] = JSON.parse(text);
    if (this.#criteria.size >= MAX_SHARED_CRITERIA) this.#criteria.clear();
    this.#criteria.set(text, copy);
    return copy;
  }
}
