import { expect, it } from 'vitest';
import { routeHeaders } from './routes.ts';

it('routes over this WebSocket to the P-CSCF, then along the Service-Route in its order', () => {
  expect(routeHeaders('sip:pcscf.lab.example:5060;lr', ['<sip:orig@s1;lr>', '<sip:s2;lr>'])).toEqual([
    'Route: <sip:pcscf.lab.example:5060;transport=ws;lr>',
    'Route: <sip:orig@s1;lr>',
    'Route: <sip:s2;lr>',
  ]);
});

it('keeps a transport that the P-CSCF named', () => {
  expect(routeHeaders('sip:p:5060;transport=tcp;lr', [])).toEqual(['Route: <sip:p:5060;transport=tcp;lr>']);
});
