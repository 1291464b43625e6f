import { expect, it } from 'vitest';
import { isOwnUri } from './own-uri.ts';
import { parseUri } from './uri.ts';

it.each([
  ['sip:scscf.x:6060', true],
  ['sip:orig-1@SCSCF.x:6060;transport=tcp;lr', true],
  ['sip:scscf.x', false],
  ['sip:scscf.x:5060', false],
  ['sip:icscf.x:6060', false],
  ['tel:+1', false],
])('%s is the own URI of sip:scscf.x:6060: %s', (text, own) => {
  const uri = parseUri(text);
  expect(uri.ok && isOwnUri(uri.value, 'sip:scscf.x:6060')).toBe(own);
});
