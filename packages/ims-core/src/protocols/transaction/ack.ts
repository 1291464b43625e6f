import { request } from '../sip/build.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { header } from '../sip/read.ts';

/**
 * The ACK to a response of 300 to 699: hop by hop, on the INVITE's branch.
 * @see RFC 3261 §17.1.1.3
 */
export function buildAck(invite: SipRequest, refusal: SipResponse): SipRequest {
  return request('ACK', invite.uri, [
    ...sameBranchHeaders(invite, 'ACK'),
    ['To', header(refusal, 'To') ?? header(invite, 'To') ?? ''],
  ]);
}

/**
 * The CANCEL of a request: everything as in the request, with one Via, its topmost.
 * @see RFC 3261 §9.1
 */
export function buildCancel(invite: SipRequest, reason: string | undefined): SipRequest {
  return request('CANCEL', invite.uri, [
    ...sameBranchHeaders(invite, 'CANCEL'),
    ['To', header(invite, 'To') ?? ''],
    ...(reason === undefined ? [] : [['Reason', reason] as const]),
  ]);
}

function sameBranchHeaders(invite: SipRequest, method: string): (readonly [string, string])[] {
  const number = (header(invite, 'CSeq') ?? '').split(/\s/)[0] ?? '';
  return [
    ['Via', header(invite, 'Via')?.split(',')[0] ?? ''],
    ...invite.headers.filter((field) => field.key === 'route').map((field) => ['Route', field.value] as const),
    ['Max-Forwards', '70'],
    ['From', header(invite, 'From') ?? ''],
    ['Call-ID', header(invite, 'Call-ID') ?? ''],
    ['CSeq', `${number} ${method}`],
  ];
}
