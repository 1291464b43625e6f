import { describe, expect, it } from 'vitest';
import vectors from '../../test/vectors/diameter.json' with { type: 'json' };
import { checkStructure } from '../protocols/diameter/structural-check.ts';
import { traceDiameter } from './diameter-event.ts';
import type { TraceAvp } from './event.ts';

type Name = keyof typeof vectors;

function octetsOf(name: Name): Uint8Array {
  return Uint8Array.from(vectors[name].match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function traced(name: Name, showSecrets = false) {
  const octets = octetsOf(name);
  return traceDiameter(checkStructure(octets), octets.length, { showSecrets });
}

function flat(avps: readonly TraceAvp[]): readonly TraceAvp[] {
  return avps.flatMap((avp) => [avp, ...flat(avp.children ?? [])]);
}

function values(name: Name, avpName: string, showSecrets = false): readonly string[] {
  return flat(traced(name, showSecrets).avps)
    .filter((avp) => avp.name === avpName)
    .map((avp) => avp.value);
}

describe('the Diameter event of the trace', () => {
  it.each<[Name, string, number, number, string]>([
    ['CER', 'CER', 0, 0, ''],
    ['CEA', 'CEA', 0, 2001, 'DIAMETER_SUCCESS'],
    ['DWR', 'DWR', 0, 0, ''],
    ['UAR', 'UAR', 0, 0, ''],
    ['UAA_first', 'UAA', 10415, 2001, 'DIAMETER_FIRST_REGISTRATION'],
    ['MAA', 'MAA', 0, 2001, 'DIAMETER_SUCCESS'],
    ['LIA_not_registered', 'LIA', 10415, 5003, 'DIAMETER_ERROR_IDENTITY_NOT_REGISTERED'],
  ])('%s is %s with result %i/%i', (name, command, resultVendor, resultCode, resultName) => {
    expect(traced(name)).toMatchObject({ command, resultVendor, resultCode, resultName });
  });

  it('carries what the ladder shows of a UAR', () => {
    const { avps: _avps, ...rest } = traced('UAR');
    expect(rest).toEqual({
      command: 'UAR',
      commandCode: 300,
      request: true,
      applicationId: 16_777_216,
      hopByHop: 3,
      endToEnd: 3,
      sessionId: 'icscf.ims.mnc001.mcc001.3gppnetwork.org;1;1',
      resultCode: 0,
      resultVendor: 0,
      resultName: '',
      userName: '001010000000001@ims.mnc001.mcc001.3gppnetwork.org',
      publicIdentity: 'sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org',
      length: 444,
    });
  });

  it.each<[Name, string, string]>([
    ['UAR', 'User-Authorization-Type', 'REGISTRATION (0)'],
    ['UAR', 'Visited-Network-Identifier', 'ims.mnc001.mcc001.3gppnetwork.org'],
    ['UAR', 'Vendor-Id', '3GPP (10415)'],
    ['UAA_first', 'Experimental-Result-Code', 'DIAMETER_FIRST_REGISTRATION (2001)'],
    ['SAR', 'Server-Assignment-Type', 'REGISTRATION (1)'],
    ['RTR', 'Reason-Code', 'PERMANENT_TERMINATION (0)'],
    ['CER', 'Host-IP-Address', '127.0.0.1'],
    ['MAA', 'SIP-Authenticate', '23553cbe9637a89d218ae64dae47bf3595ea6c44316380000cf661619e1a630c'],
  ])('%s shows %s as %s', (name, avpName, value) => {
    expect(values(name, avpName)).toContain(value);
  });

  it('masks XRES, CK and IK in MAA, and shows them when the lab shows secrets', () => {
    expect(values('MAA', 'SIP-Authorization')).toEqual(['masked (8 octets)']);
    expect(values('MAA', 'Confidentiality-Key')).toEqual(['masked (16 octets)']);
    expect(values('MAA', 'Integrity-Key')).toEqual(['masked (16 octets)']);
    expect(JSON.stringify(traced('MAA'))).not.toMatch(/7930e456c8677f0d|e3e2b91467b15119|e25a0d267e9f1dcd/);
    expect(values('MAA', 'SIP-Authorization', true)).toEqual(['7930e456c8677f0d']);
  });

  it('shows RAND and AUTS of a resynchronisation, which are no secrets', () => {
    expect(values('MAR_resync', 'SIP-Authorization')[0]).toMatch(/^23553cbe9637a89d218ae64dae47bf35/);
  });

  it('gives flags, types and children of an AVP', () => {
    expect(traced('MAA').avps.find((avp) => avp.name === 'SIP-Auth-Data-Item')).toMatchObject({
      code: 612,
      vendor: 10415,
      flags: 'VM',
      type: 'Grouped',
      value: '',
      children: [{ name: 'SIP-Item-Number', value: '1', type: 'Unsigned32' }, {}, {}, {}, {}, {}],
    });
    expect(traced('CER').avps.find((avp) => avp.name === 'Product-Name')?.flags).toBe('');
  });

  it('shows a malformed message up to its fault', () => {
    const octets = octetsOf('UAR');
    octets[20 + 60 + 6] = 0xff;
    const layout = checkStructure(octets);
    expect(layout.error).toBeDefined();
    expect(traceDiameter(layout, octets.length, { showSecrets: false }).avps.length).toBeLessThan(10);
  });
});
