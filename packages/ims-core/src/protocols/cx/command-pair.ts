import type { CxResult } from '../../ports/cx-client.ts';
import { type Avp, avp } from '../diameter/avp.ts';
import { AvpReader, type AvpReading } from '../diameter/avp-reader.ts';
import { VENDOR_3GPP } from '../diameter/avp-rule.ts';
import { cxApplication, NO_STATE_MAINTAINED } from '../diameter/base-messages.ts';
import type { DiameterCommand } from '../diameter/commands.ts';

/** Two AVPs that are the same in every Cx message. */
const CX_APPLICATION = cxApplication();
const SESSION_STATE = avp('Auth-Session-State', NO_STATE_MAINTAINED);

/** What every Cx request carries beside its own AVPs. @see TS 29.229 6.1 */
export interface CxRequestEnvelope {
  readonly sessionId: string;
  readonly originHost: string;
  readonly originRealm: string;
  readonly destinationRealm: string;
  /** The HSS, once an earlier answer told its name. */
  readonly destinationHost?: string | undefined;
  /** Proxy-Info groups of proxies on the way; the answer returns them. */
  readonly proxyInfo?: readonly (readonly Avp[])[] | undefined;
}

/** What every Cx answer carries beside its result and its own AVPs. */
export interface CxAnswerEnvelope {
  readonly sessionId: string;
  readonly originHost: string;
  readonly originRealm: string;
  readonly proxyInfo?: readonly (readonly Avp[])[] | undefined;
}

export interface CxRequestReading<Request> {
  readonly envelope: CxRequestEnvelope;
  readonly request: Request;
}

export interface CxAnswerReading<Answer> {
  readonly envelope: CxAnswerEnvelope;
  readonly answer: Answer;
}

/** A Cx command as AVP lists and as typed values, in both directions. Reading never throws. */
export interface CxCommandPair<Request, Answer> {
  readonly command: DiameterCommand;
  encodeRequest(request: Request, envelope: CxRequestEnvelope): readonly Avp[];
  decodeRequest(avps: readonly Avp[]): AvpReading<CxRequestReading<Request>>;
  encodeAnswer(answer: Answer, envelope: CxAnswerEnvelope): readonly Avp[];
  decodeAnswer(avps: readonly Avp[]): AvpReading<CxAnswerReading<Answer>>;
}

/** How the AVPs of one command map to its typed values; the envelope is added around them. */
interface CxMapping<Request, Answer extends { readonly result: CxResult }> {
  readonly command: DiameterCommand;
  requestAvps(request: Request): readonly Avp[];
  readRequest(read: AvpReader): Request;
  answerAvps(answer: Answer): readonly Avp[];
  readAnswer(read: AvpReader, result: CxResult): Answer;
}

/** Puts the AVPs common to all Cx messages around those of one command. @see TS 29.229 6.1 */
export function commandPair<Request, Answer extends { readonly result: CxResult }>(
  mapping: CxMapping<Request, Answer>,
): CxCommandPair<Request, Answer> {
  return {
    command: mapping.command,
    encodeRequest: (request, envelope) => {
      const avps = [avp('Session-Id', envelope.sessionId), CX_APPLICATION, SESSION_STATE];
      avps.push(avp('Origin-Host', envelope.originHost), avp('Origin-Realm', envelope.originRealm));
      if (envelope.destinationHost !== undefined) avps.push(avp('Destination-Host', envelope.destinationHost));
      avps.push(avp('Destination-Realm', envelope.destinationRealm), ...mapping.requestAvps(request));
      addProxyInfo(avps, envelope);
      return avps;
    },
    decodeRequest: (avps) => {
      const read = new AvpReader(avps);
      const envelope = readRequestEnvelope(read);
      return read.finish({ envelope, request: mapping.readRequest(read) });
    },
    encodeAnswer: (answer, envelope) => {
      const avps = [avp('Session-Id', envelope.sessionId), CX_APPLICATION, resultAvp(answer.result), SESSION_STATE];
      avps.push(avp('Origin-Host', envelope.originHost), avp('Origin-Realm', envelope.originRealm));
      avps.push(...mapping.answerAvps(answer));
      addProxyInfo(avps, envelope);
      return avps;
    },
    decodeAnswer: (avps) => {
      const read = new AvpReader(avps);
      const envelope = readAnswerEnvelope(read);
      return read.finish({ envelope, answer: mapping.readAnswer(read, readResult(read)) });
    },
  };
}

/** Result-Code or Experimental-Result. @see RFC 6733 §7.1, §7.6 */
export function resultAvp(result: CxResult): Avp {
  if (result.vendor === 0) return avp('Result-Code', result.code);
  return avp('Experimental-Result', [avp('Vendor-Id', result.vendor), avp('Experimental-Result-Code', result.code)]);
}

function readResult(read: AvpReader): CxResult {
  const group = read.optional('Experimental-Result');
  if (group === undefined) return { vendor: 0, code: read.one('Result-Code') };
  if (read.optional('Result-Code') !== undefined) {
    read.invalid('Experimental-Result', 'stands beside a Result-Code', group);
  }
  return read.group(group, (inner) => ({
    vendor: inner.one('Vendor-Id'),
    code: inner.one('Experimental-Result-Code'),
  }));
}

function readRequestEnvelope(read: AvpReader): CxRequestEnvelope {
  const { sessionId, originHost, originRealm, proxyInfo } = readAnswerEnvelope(read);
  readApplication(read);
  read.one('Auth-Session-State');
  const destinationRealm = read.one('Destination-Realm');
  const destinationHost = read.optional('Destination-Host');
  return { sessionId, originHost, originRealm, destinationRealm, destinationHost, proxyInfo };
}

/** Answers with the E bit carry neither the application nor the session state (RFC 6733 §7.2), so both may be absent. */
function readAnswerEnvelope(read: AvpReader): CxAnswerEnvelope {
  const proxyInfo = read.all('Proxy-Info');
  return {
    sessionId: read.one('Session-Id'),
    originHost: read.one('Origin-Host'),
    originRealm: read.one('Origin-Realm'),
    proxyInfo: proxyInfo.length === 0 ? undefined : proxyInfo,
  };
}

function readApplication(read: AvpReader): void {
  const group = read.one('Vendor-Specific-Application-Id');
  const vendor = read.group(group, (inner) => inner.all('Vendor-Id'));
  if (!vendor.includes(VENDOR_3GPP)) read.invalid('Vendor-Specific-Application-Id', 'does not name 3GPP', group);
}

function addProxyInfo(avps: Avp[], { proxyInfo }: CxAnswerEnvelope): void {
  if (proxyInfo !== undefined) for (const group of proxyInfo) avps.push(avp('Proxy-Info', group));
}
