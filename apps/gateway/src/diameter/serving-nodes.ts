import { sameUri } from '@imslab/ims-core/protocols/sip/uri';
import { MAX_SERVING_NODES } from './limits.ts';

/** The Diameter node behind a Server-Name. */
export interface ServingNode {
  readonly originHost: string;
  readonly originRealm: string;
  /** The peer through which it is reached: itself, or a relay. */
  readonly peerHost: string;
}

/** Which Diameter node each S-CSCF is: learnt from its own MAR and SAR, where both names stand. */
export class ServingNodes {
  readonly #byServerName = new Map<string, ServingNode>();
  #last = '';

  learn(serverName: string, originHost: string, originRealm: string, peerHost: string): void {
    const known = this.#byServerName.get(serverName);
    const isSame = known?.originHost === originHost && known.originRealm === originRealm && known.peerHost === peerHost;
    if (isSame && this.#last === serverName) return;
    // The one that was heard last stands last.
    this.#byServerName.delete(serverName);
    this.#byServerName.set(serverName, { originHost, originRealm, peerHost });
    this.#last = serverName;
    if (this.#byServerName.size <= MAX_SERVING_NODES) return;
    const oldest = this.#byServerName.keys().next();
    if (!oldest.done) this.#byServerName.delete(oldest.value);
  }

  /** The node of a Server-Name, spelled as it came or as any equal URI. */
  find(serverName: string): ServingNode | undefined {
    const known = this.#byServerName.get(serverName);
    if (known !== undefined) return known;
    return [...this.#byServerName].find(([name]) => sameUri(name, serverName))?.[1];
  }
}
