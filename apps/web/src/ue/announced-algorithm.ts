import { type AkaAlgorithm, akaAlgorithmOf } from '@imslab/ims-core/protocols/auth/digest';

/** What a WebRTC client announces. @see TS 33.203 X.2.3.2 */
export const DEFAULT_AKA_ALGORITHM: AkaAlgorithm = 'AKAv2-SHA-256';

/** The AKA version that the phone announces in its first REGISTER: that of `?algorithm=`, to compare them on the ladder, else the browser's. */
export function announcedAlgorithm(search: string): AkaAlgorithm {
  return akaAlgorithmOf(new URLSearchParams(search).get('algorithm') ?? undefined) ?? DEFAULT_AKA_ALGORITHM;
}
