import { describe, expect, it } from 'vitest';
import { callTrouble, registrationTrouble } from './words.ts';

const answer = (status: number, reason = '', retryAfterS: number | null = null, cause = '') => ({
  status,
  reason,
  cause,
  retryAfterS,
});

describe('words for a failed call', () => {
  it.each([
    [404, 'Not Found', 'No such user', 'problem'],
    [480, 'Temporarily Unavailable', 'Bob is not reachable', 'notice'],
    [486, 'Busy Here', 'Bob is busy', 'notice'],
    [603, 'Decline', 'Bob declined the call', 'notice'],
    [408, 'Request Timeout', 'Bob did not answer', 'notice'],
    [488, 'Not Acceptable Here', 'The phones have no codec in common', 'problem'],
    [403, 'Forbidden', 'The network refused the call', 'problem'],
    [503, 'Service Unavailable', 'The network is overloaded or a box is down', 'problem'],
  ])('%i says what happened and quotes the wire', (status, reason, text, severity) => {
    const trouble = callTrouble('Bob', answer(status, reason));
    expect(trouble).toMatchObject({ text, severity, wire: `${status} ${reason}` });
  });

  it('passes on when the network wants to be asked again', () => {
    expect(callTrouble('Bob', answer(503, '', 9)).advice).toContain('9 s');
    expect(callTrouble('Bob', answer(480, '', 4)).text).toBe('The network cannot place the call now');
  });

  it('has words for every status and every cause', () => {
    for (let status = 300; status < 700; status += 1) expect(callTrouble('Bob', answer(status)).text).toMatch(/\S/);
    for (const cause of ['Connection Error', 'Request Timeout', 'RTP Timeout', 'WebRTC Error', 'Internal Error']) {
      expect(callTrouble('Bob', answer(0, '', null, cause))).toMatchObject({
        wire: '',
        text: expect.stringMatching(/\S/),
      });
    }
  });
});

describe('words for a failed registration', () => {
  it('tells a wrong network from a refused SIM', () => {
    expect(registrationTrouble(answer(403, 'Forbidden'), true, null).text).toBe(
      'The network did not prove that it knows this SIM',
    );
    expect(registrationTrouble(answer(403, 'Forbidden'), false, null).text).toBe('The network refused this SIM');
  });

  it('says when it tries again by itself', () => {
    expect(registrationTrouble(answer(503), false, 4).advice).toBe('Trying again in 4 s.');
  });
});
