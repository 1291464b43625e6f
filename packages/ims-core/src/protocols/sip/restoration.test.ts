import { describe, expect, it } from 'vitest';
import { asksForInitialRegistration, RESTORATION_BODY, restorationHeaders } from './restoration.ts';

describe('the restoration body', () => {
  it.each([
    ['as it is sent', RESTORATION_BODY, true],
    ['with white space', RESTORATION_BODY.replaceAll('>', '>\n ').replaceAll('</', '\n</'), true],
    ['of an emergency call', RESTORATION_BODY.replace('restoration', 'emergency'), false],
    ['without the action', RESTORATION_BODY.replace(/<action>.*<\/action>/, ''), false],
    ['that is none', 'initial-registration', false],
    ['that is empty', '', false],
  ])('is understood %s', (_name, body, asks) => {
    expect(asksForInitialRegistration(body)).toBe(asks);
  });

  it('comes with the URI that makes it believed', () => {
    expect(restorationHeaders('sip:orig-1@scscf.example;lr')).toEqual([
      ['P-Asserted-Identity', '<sip:orig-1@scscf.example;lr>'],
      ['Content-Type', 'application/3gpp-ims+xml'],
    ]);
  });
});
