import { describe, expect, it } from 'vitest';
import { parseSdp } from '../../src/protocols/sdp/parse.ts';
import { param } from '../../src/protocols/sip/name-addr.ts';
import { parseMessage } from '../../src/protocols/sip/parse.ts';
import { bodyText, vias } from '../../src/protocols/sip/read.ts';
import { serializeMessage } from '../../src/protocols/sip/serialize.ts';
import { parseUri } from '../../src/protocols/sip/uri.ts';
import { ipv6Cases } from './ipv6.ts';
import { verdictOf } from './verdict.ts';

function requestOf(bytes: Uint8Array) {
  const parsed = parseMessage(bytes);
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('the message is no request');
  return parsed.value;
}

describe('the torture cases of RFC 5118', () => {
  it('are all 12, each once', () => {
    expect(new Set(ipv6Cases.map(({ name }) => name)).size).toBe(12);
  });

  it.each(ipv6Cases)('$name ($clause): $oddity', ({ bytes, verdict }) => {
    expect(verdictOf(bytes)).toEqual(verdict);
  });

  it.each(ipv6Cases.filter(({ requestUri }) => requestUri !== undefined))(
    '$name: the Request-URI has this host and port',
    ({ bytes, requestUri }) => {
      expect(parseUri(requestOf(bytes).uri)).toMatchObject({ ok: true, value: { ...requestUri } });
    },
  );

  it.each(ipv6Cases.filter((each) => each.vias !== undefined))('$name: the Vias are these', (each) => {
    const read = vias(requestOf(each.bytes)).map((via) => `${via.host} ${via.port} ${param(via, 'received')}`);
    expect(read).toEqual(each.vias);
  });

  it.each(ipv6Cases.filter(({ mediaAddresses }) => mediaAddresses !== undefined))(
    '$name: media flows to these addresses',
    ({ bytes, mediaAddresses }) => {
      const sdp = parseSdp(bodyText(requestOf(bytes)));
      expect(sdp.ok && sdp.value.media.map(({ address }) => address)).toEqual(mediaAddresses);
    },
  );

  it('forwards each with the octets that came', () => {
    for (const { bytes, verdict } of ipv6Cases) {
      if (verdict.expect === 'accept') expect(serializeMessage(requestOf(bytes))).toEqual(bytes);
    }
  });
});
