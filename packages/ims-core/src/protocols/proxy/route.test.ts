import { describe, expect, it } from 'vitest';
import { callerRequest, isProxyUri } from '../../../test/kit/proxy-lab.ts';
import { MessageEdit } from '../sip/edit.ts';
import { headerValues } from '../sip/read.ts';
import { parseUri } from '../sip/uri.ts';
import { popOwnRoutes, targetOf } from './route.ts';

const own = (params = '') => `<sip:token@192.0.2.10;lr${params}>`;
const other = '<sip:192.0.2.99;lr>';

const pops: readonly { name: string; routes: readonly string[]; popped: number }[] = [
  { name: 'nothing when there is no Route', routes: [], popped: 0 },
  { name: "nothing when the topmost is another's", routes: [other, own()], popped: 0 },
  { name: 'the own one on top', routes: [own(), other], popped: 1 },
  { name: 'one of two own ones: the second is another pass', routes: [own(), own(), other], popped: 1 },
  { name: 'both sides of a double Record-Route', routes: [own(';r2=on'), own(';r2=on'), other], popped: 2 },
  { name: 'no more than one pair', routes: [own(';r2=on'), own(';r2=on'), own(';r2=on')], popped: 2 },
  { name: 'one when only the first is marked', routes: [own(';r2=on'), own()], popped: 1 },
  { name: 'one when only the second is marked', routes: [own(), own(';r2=on')], popped: 1 },
  { name: "one when the marked second is another's", routes: [own(';r2=on'), '<sip:192.0.2.99;lr;r2=on>'], popped: 1 },
];

describe('taking own Route entries away (RFC 3261 §16.4)', () => {
  it.each(pops)('takes $name', ({ routes, popped }) => {
    for (const lines of [routes, routes.length > 0 ? [routes.join(', ')] : []]) {
      const edit = new MessageEdit(callerRequest({ headers: lines.map((line) => ['Route', line] as const) }));
      const taken = popOwnRoutes(edit, isProxyUri);
      expect(taken.map(({ uriText }) => `<${uriText}>`)).toEqual(routes.slice(0, popped));
      expect(headerValues(edit.current, 'Route')).toEqual(routes.slice(popped));
    }
  });
});

describe('what the resolver is asked (RFC 3263 §4)', () => {
  it.each([
    ['sip:bob@example.com', { host: 'example.com' }],
    ['sip:example.com:5070;transport=TCP', { host: 'example.com', port: 5070, transport: 'TCP' }],
    ['sip:[2001:db8::1]:5060', { host: '2001:db8::1', port: 5060 }],
    ['sip:example.com;maddr=192.0.2.7;transport=ws', { host: '192.0.2.7', transport: 'WS' }],
    ['sip:example.com;transport=pigeon', { host: 'example.com' }],
    ['tel:+15550001001', undefined],
  ])('%s', (text, target) => {
    const uri = parseUri(text);
    expect(uri.ok && targetOf(uri.value)).toEqual(target);
  });
});
