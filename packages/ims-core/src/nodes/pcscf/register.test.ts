import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALICE, ALICE_IMPI, BOB_IMPI, D, type Headers, PcscfLab, values } from '../../../test/kit/pcscf-lab.ts';
import { header } from '../../protocols/sip/read.ts';

let lab: PcscfLab;
beforeEach(async () => {
  lab = await PcscfLab.start();
});
afterEach(() => lab.pcscf.close());

function challenge(nonce: string, more = ''): Headers {
  return [['WWW-Authenticate', `Digest realm="${D}", nonce="${nonce}", algorithm=AKAv1-MD5, qop="auth"${more}`]];
}

describe('REGISTER on its way to the home network', () => {
  it.each([
    ['P-Asserted-Identity', `<${ALICE}>`],
    ['P-Associated-URI', `<${ALICE}>`],
    ['P-Charging-Function-Addresses', 'ccf="aaa://evil"'],
    ['P-Served-User', `<${ALICE}>`],
    ['P-Profile-Key', '<sip:x!.*!@y>'],
    ['P-User-Database', '<aaa://evil>'],
    ['Service-Route', '<sip:evil;lr>'],
    ['Route', '<sip:evil.example;lr>'],
    ['Feature-Caps', '*;+x'],
    ['Security-Client', 'ipsec-3gpp;alg=hmac-sha-1-96'],
    ['Security-Verify', 'ipsec-3gpp'],
    ['History-Info', '<sip:x@y>;index=1'],
    ['Resource-Priority', 'esnet.1'],
    ['P-Early-Media', 'supported'],
  ])('takes %s of the UE out', async (name, value) => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest({ headers: [[name, value]] }));
    expect(header(lab.core.last('REGISTER'), name)).toBeUndefined();
  });

  it('puts its own URI with the flow token on the Path, and requires path', async () => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest());
    const register = lab.core.last('REGISTER');
    expect(header(register, 'Path')).toMatch(new RegExp(`^<sip:flow-\\d+@pcscf\\.${D}:5060;transport=tcp;lr;ob>$`));
    expect(values(register, 'Require')).toEqual(['path']);
    expect(register.uri).toBe(`sip:${D}`);
  });

  it('leaves ob out for a UE without reg-id', async () => {
    const phone = await lab.phone({ transport: 'TCP' });
    await phone.send(phone.registerRequest());
    expect(header(lab.core.last('REGISTER'), 'Path')).toMatch(/;transport=tcp;lr>$/);
  });

  it('names the visited network and a new charging identity, whatever the UE wrote', async () => {
    const phone = await lab.phone();
    const headers: Headers = [
      ['P-Visited-Network-ID', '"evil"'],
      ['P-Charging-Vector', 'icid-value=evil'],
    ];
    await phone.send(phone.registerRequest({ headers }));
    const first = lab.core.last('REGISTER');
    await lab.grant(first);
    await phone.send(phone.registerRequest({ headers }));
    const second = lab.core.last('REGISTER');
    expect(values(first, 'P-Visited-Network-ID')).toEqual([`"${D}"`]);
    expect(header(first, 'P-Charging-Vector')).toMatch(
      new RegExp(`^icid-value="[0-9a-f-]{36}";icid-generated-at=pcscf\\.${D};orig-ioi="Type 1${D}"$`),
    );
    expect(header(first, 'P-Charging-Vector')).not.toBe(header(second, 'P-Charging-Vector'));
  });

  it('keeps what the UE says of its access and drops what only a proxy says', async () => {
    const phone = await lab.phone();
    const own = 'IEEE-802.11;i-wlan-node-id=aabbccddeeff';
    const headers: Headers = [['P-Access-Network-Info', `3GPP-NR-FDD;network-provided, ${own}`]];
    await phone.send(phone.registerRequest({ headers }));
    expect(values(lab.core.last('REGISTER'), 'P-Access-Network-Info')).toEqual([own]);
  });

  it('answers 420 to an extension that it does not know, and takes sec-agree of a browser out', async () => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest({ headers: [['Require', 'path, foo']] }));
    expect(phone.lastResponse().status).toBe(420);
    expect(header(phone.lastResponse(), 'Unsupported')).toBe('foo');
    const secAgree: Headers = [
      ['Require', 'sec-agree'],
      ['Proxy-Require', 'sec-agree'],
    ];
    await phone.send(phone.registerRequest({ headers: secAgree }));
    const register = lab.core.last('REGISTER');
    expect(values(register, 'Require')).toEqual(['path']);
    expect(header(register, 'Proxy-Require')).toBeUndefined();
  });

  it('answers 420 to a phone that insists on sec-agree without IPsec', async () => {
    const phone = await lab.phone({ transport: 'UDP' });
    await phone.send(phone.registerRequest({ headers: [['Require', 'sec-agree']] }));
    expect(phone.lastResponse().status).toBe(420);
  });

  it('refuses a WebSocket without TLS from another machine', async () => {
    const phone = await lab.phone({ address: '192.0.2.7' });
    await phone.send(phone.registerRequest());
    expect(phone.lastResponse().status).toBe(403);
    expect(lab.core.requests).toEqual([]);
  });

  it('answers 400 to credentials that cannot be read', async () => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest({ authorization: 'Digest username="a", username="b"' }));
    expect(phone.lastResponse().status).toBe(400);
  });

  it('sends a REGISTER without Authorization on without one', async () => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest({ authorization: null }));
    expect(header(lab.core.last('REGISTER'), 'Authorization')).toBeUndefined();
  });

  it('answers 504 when the home network is not there', async () => {
    const phone = await lab.phone();
    await lab.core.close();
    await phone.send(phone.registerRequest());
    expect(phone.lastResponse().status).toBe(504);
  });

  it('shows the UE on the ladder from its first message on', async () => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest());
    expect(lab.trace.ladder()[0]).toBe('1 REGISTER Alice to P-CSCF');
  });
});

describe('the answer to a REGISTER', () => {
  it('loses ck and ik in a 401 and keeps the rest', async () => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest());
    const keys = `, ik="${'1'.repeat(32)}", ck="${'2'.repeat(32)}"`;
    await lab.answer(lab.core.last('REGISTER'), 401, { headers: challenge('bm9uY2U=', keys) });
    expect(values(phone.lastResponse(), 'WWW-Authenticate')).toEqual(challenge('bm9uY2U=').map(([, value]) => value));
    const shown = JSON.stringify(lab.trace.events);
    expect(shown).toContain('ck=\\"********\\"');
    expect(shown).not.toMatch(/1{32}|2{32}/);
  });

  it('never lets keys through in a challenge that cannot be read', async () => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest());
    const broken: Headers = [['WWW-Authenticate', `Digest nonce="x" ck="${'2'.repeat(32)}"`]];
    await lab.answer(lab.core.last('REGISTER'), 401, { headers: broken });
    expect(phone.lastResponse().status).toBe(401);
    expect(new TextDecoder().decode(phone.lastResponse().raw)).not.toContain('222');
  });

  it('brings Path, Service-Route and P-Associated-URI to the UE, but no charging, and asks for keep-alives', async () => {
    const phone = await lab.registered();
    const ok = phone.lastResponse();
    expect(ok.status).toBe(200);
    for (const name of ['Path', 'Service-Route', 'P-Associated-URI']) expect(header(ok, name)).toBeDefined();
    for (const name of ['P-Charging-Vector', 'P-Charging-Function-Addresses']) expect(header(ok, name)).toBeUndefined();
    expect(header(ok, 'Via')).toContain(';keep=30');
  });

  it('binds identity, contact and flow', async () => {
    await lab.registered();
    expect(lab.pcscf.registrations()).toEqual([
      {
        ue: { id: '001010000000001', label: 'Alice' },
        impi: ALICE_IMPI,
        impus: [ALICE, 'tel:+15550001001'],
        contact: 'sip:alice@page1.invalid;transport=ws',
        transport: 'WS',
        flowLost: false,
        expiresInS: 600,
      },
    ]);
    expect(lab.trace.notes()).toEqual(['REGISTRATION_BOUND']);
  });

  it.each([403, 404, 480, 500])('passes %i on and binds nothing', async (status) => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest());
    await lab.answer(lab.core.last('REGISTER'), status);
    expect(phone.lastResponse().status).toBe(status);
    expect(lab.pcscf.registrations()).toEqual([]);
  });

  it('ends the binding when the contact expires with it', async () => {
    const phone = await lab.registered();
    await phone.register({ expires: 0 });
    expect(lab.pcscf.registrations()).toEqual([]);
    expect(lab.trace.notes()).toEqual(['REGISTRATION_BOUND', 'REGISTRATION_ENDED']);
  });

  it('ends the binding for Contact: *', async () => {
    const phone = await lab.registered();
    const register = phone.registerRequest();
    const star = {
      ...register,
      headers: register.headers.map((h) => (h.key === 'contact' ? { ...h, value: '*' } : h)),
    };
    await phone.send({
      ...star,
      headers: [...star.headers, { ...star.headers[0]!, name: 'Expires', key: 'expires', value: '0' }],
    });
    await lab.answer(lab.core.last('REGISTER'), 200);
    expect(lab.pcscf.registrations()).toEqual([]);
  });

  it('ends the binding when its time is over', async () => {
    await lab.registered();
    await lab.run(599_900);
    expect(lab.pcscf.registrations()).toHaveLength(1);
    await lab.run(1_000);
    expect(lab.pcscf.registrations()).toEqual([]);
    expect(lab.trace.notes()).toEqual(['REGISTRATION_BOUND', 'REGISTRATION_EXPIRED']);
  });

  it('ends a binding of another address whose contact the 200 does not list any more', async () => {
    await lab.registered({ transport: 'UDP', port: 40_060, contact: 'sip:alice@127.0.0.1:40060' });
    await lab.registered({ transport: 'UDP', port: 40_061, contact: 'sip:alice@127.0.0.1:40061' });
    expect(lab.pcscf.registrations().map(({ contact }) => contact)).toEqual(['sip:alice@127.0.0.1:40061']);
    expect(lab.trace.notes()).toEqual(['REGISTRATION_BOUND', 'REGISTRATION_BOUND', 'REGISTRATION_ENDED']);
  });

  it('keeps a binding of another address that the 200 lists too', async () => {
    const [first, second] = ['sip:alice@127.0.0.1:40060', 'sip:alice@127.0.0.1:40061'];
    await lab.registered({ transport: 'UDP', port: 40_060, contact: first });
    const phone = await lab.phone({ transport: 'UDP', port: 40_061, contact: second });
    await phone.send(phone.registerRequest());
    await lab.grant(lab.core.last('REGISTER'), [['Contact', `<${first}>;expires=500`]]);
    expect(lab.pcscf.registrations().map(({ contact }) => contact)).toEqual([first, second]);
  });

  it('refuses another private identity on a bound flow', async () => {
    const phone = await lab.registered();
    const before = lab.core.requests.length;
    await phone.send(
      phone.registerRequest({
        authorization: `Digest username="${BOB_IMPI}", realm="${D}", uri="sip:${D}", nonce="", response=""`,
      }),
    );
    expect(phone.lastResponse().status).toBe(403);
    expect(lab.core.requests).toHaveLength(before);
  });

  it('tells who listens that registrations changed, and leaves no timer behind', async () => {
    let changes = 0;
    const stop = lab.pcscf.onChange(() => {
      changes += 1;
    });
    await lab.registered();
    stop();
    expect(changes).toBeGreaterThan(0);
    await lab.pcscf.close();
    expect(lab.clock.pending).toBe(0);
  });
});
