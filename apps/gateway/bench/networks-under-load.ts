import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { hasKamailio, KamailioCscfs } from '../../../test/kit/kamailio.ts';
import { Gateway } from './gateway-process.ts';
import type { LoadUe } from './many-subscribers.ts';

/** SIPp 3.6.1 of Debian answers wrong when RES holds an octet 00. */
const ENV = { IMSLAB_AUTHENTICATION_AVOID_ZERO_OCTET_IN_RES: 'true' };
/** Nobody listens there: the CSCFs of a gateway that is only an HSS stay idle. */
const NO_PORT = 9;
const PCSCF_PORT = 5060;

/** A network under load. */
export interface Network {
  readonly name: string;
  /** Address of its P-CSCF. */
  readonly target: string;
  /** Processes whose CPU time counts. */
  readonly counted: readonly number[];
  close(): Promise<void>;
}

/** The lab as a user starts it: everything in one process. */
export async function wholeLab(ues: readonly LoadUe[]): Promise<Network> {
  const lab = await Gateway.start({ subscribers: ues.map(({ seeded }) => seeded), env: ENV });
  return {
    name: 'the lab',
    target: `${lab.host}:${PCSCF_PORT}`,
    counted: [lab.pid],
    close: () => lab.close(),
  };
}

/** The lab's CSCFs with the HSS in another process, so that only the CSCFs are counted. */
export async function labWithHssApart(ues: readonly LoadUe[]): Promise<Network> {
  const hss = await hssAlone(ues);
  try {
    const lab = await Gateway.start({ hss: { host: hss.host, port: 3868 }, env: ENV });
    return {
      name: "the lab's three CSCFs",
      target: `${lab.host}:${PCSCF_PORT}`,
      counted: [lab.pid],
      close: async () => {
        await lab.close();
        await hss.close();
      },
    };
  } catch (error) {
    await hss.close();
    throw error;
  }
}

/**
 * Kamailio's three CSCFs with the lab's HSS; undefined where Kamailio is not installed.
 * @param watchesRegistrations whether its P-CSCF subscribes to each registration, as the lab's does (TS 24.229 5.2.3)
 */
export async function kamailio(ues: readonly LoadUe[], watchesRegistrations = true): Promise<Network | undefined> {
  if (!hasKamailio()) {
    console.log(
      'peer: no Kamailio here, so no ratio to it. It comes with: sudo apt-get install -y kamailio kamailio-ims-modules kamailio-presence-modules',
    );
    return undefined;
  }
  const hss = await hssAlone(ues);
  try {
    const address = `127.${randomInt(2, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
    const folder = fileURLToPath(new URL('../../../test/kamailio', import.meta.url));
    const cscfs = await KamailioCscfs.start({
      folder,
      address,
      hss: { host: hss.host, url: `http://${hss.host}:8080` },
      watchesRegistrations,
    });
    return {
      name: watchesRegistrations ? "Kamailio's three CSCFs" : "Kamailio's three CSCFs without the watch",
      target: `${address}:${PCSCF_PORT}`,
      counted: cscfs.pids,
      close: async () => {
        await cscfs.close();
        await hss.close();
      },
    };
  } catch (error) {
    await hss.close();
    throw error;
  }
}

function hssAlone(ues: readonly LoadUe[]): Promise<Gateway> {
  const subscribers = ues.map(({ seeded }) => seeded);
  return Gateway.start({ subscribers, hss: { host: '127.0.0.1', port: NO_PORT }, env: ENV });
}
