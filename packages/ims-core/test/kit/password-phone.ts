import type { NewSubscription } from '../../src/ports/subscriber-store.ts';
import { digestResponse, type PasswordAlgorithm } from '../../src/protocols/auth/digest.ts';
import { digestHa1 } from '../../src/protocols/auth/ha1.ts';
import { parseAuth, serializeAuth } from '../../src/protocols/sip/auth-params.ts';
import { request } from '../../src/protocols/sip/build.ts';
import type { SipRequest, SipResponse } from '../../src/protocols/sip/message.ts';
import { header } from '../../src/protocols/sip/read.ts';
import { D } from './core-lab.ts';

type Header = readonly [name: string, value: string];

const USERNAME = `desk@${D}`;
const PASSWORD = 'correct horse';

/** A subscription with a password in place of a card. */
export function deskSubscription(algorithm: PasswordAlgorithm = 'MD5'): NewSubscription {
  return {
    subscriber: {
      imsi: '001010000000099',
      impi: USERNAME,
      name: 'Desk',
      identities: [{ uri: `sip:${USERNAME}`, barred: false, displayName: 'Desk', identityType: 0 }],
      authenticationScheme: 'SIP Digest',
      initialFilterCriteria: [],
      state: 'NOT_REGISTERED',
      serverName: '',
      authPending: false,
    },
    digestCredentials: {
      realm: D,
      algorithm,
      ha1: digestHa1(algorithm, { username: USERNAME, realm: D, password: PASSWORD }),
    },
  };
}

/** What a REGISTER of the phone is to say otherwise than usual. */
export interface PasswordRegister {
  /** The last challenge that it got; none: it says nothing of itself. */
  readonly challenge?: SipResponse;
  readonly nonceCount?: number;
  readonly password?: string;
  readonly username?: string;
  readonly expires?: number;
  readonly callId?: string;
  /** False: as a phone of RFC 2069, without nc and cnonce. */
  readonly qop?: boolean;
  /** Parameters that replace those of the credentials. */
  readonly overrides?: Readonly<Record<string, string>>;
}

/** A desk phone with a password, seen from behind its P-CSCF. */
export class PasswordPhone {
  readonly impi = USERNAME;
  readonly impu = `sip:${USERNAME}`;
  readonly contact = '<sip:desk@phone.invalid>';
  readonly path = `<sip:flow-desk@pcscf.${D}:5060;transport=tcp;lr>`;
  #cseq = 0;

  /** A REGISTER as the P-CSCF sends it; with credentials when there is a challenge to answer. */
  register(options: PasswordRegister = {}): SipRequest {
    this.#cseq += 1;
    const credentials = options.challenge && this.credentials(options.challenge, options);
    return request('REGISTER', `sip:${D}`, [
      ['Via', `SIP/2.0/TCP pcscf.${D}:5060;branch=z9hG4bKdesk${this.#cseq}`],
      ['Max-Forwards', '69'],
      ['From', `<${this.impu}>;tag=ue`],
      ['To', `<${this.impu}>`],
      ['Call-ID', options.callId ?? 'reg-desk'],
      ['CSeq', `${this.#cseq} REGISTER`],
      ['Contact', this.contact],
      ['Expires', String(options.expires ?? 3600)],
      ['Supported', 'path'],
      ['Require', 'path'],
      ['Path', this.path],
      ...(credentials === undefined ? [] : [['Authorization', credentials] satisfies Header]),
      ['P-Visited-Network-ID', `"${D}"`],
    ]);
  }

  /** Authorization that answers a 401. */
  credentials(challenge: SipResponse, options: PasswordRegister = {}): string {
    const parsed = parseAuth(header(challenge, 'WWW-Authenticate') ?? '');
    const nonce = parsed.ok ? (parsed.value.params.get('nonce') ?? '') : '';
    const algorithm: PasswordAlgorithm =
      parsed.ok && parsed.value.params.get('algorithm') === 'SHA-256' ? 'SHA-256' : 'MD5';
    const { nonceCount = 1, password = PASSWORD, username = USERNAME, qop = true, overrides = {} } = options;
    const uri = `sip:${D}`;
    const counted = { nc: nonceCount.toString(16).padStart(8, '0'), cnonce: '0a4f113b' };
    const response = digestResponse({
      algorithm,
      username,
      realm: D,
      password: new TextEncoder().encode(password),
      method: 'REGISTER',
      uri,
      nonce,
      ...(qop && { qop: counted }),
    });
    const params = [
      ['username', username, true],
      ['realm', D, true],
      ['uri', uri, true],
      ['nonce', nonce, true],
      ['algorithm', algorithm, false],
      ['response', response, true],
      ...(qop
        ? ([
            ['qop', 'auth', false],
            ['nc', counted.nc, false],
            ['cnonce', counted.cnonce, true],
          ] as const)
        : []),
    ] as const;
    return serializeAuth(
      'Digest',
      params.map(([name, value, quoted]) => [name, overrides[name] ?? value, quoted] as const),
    );
  }
}
