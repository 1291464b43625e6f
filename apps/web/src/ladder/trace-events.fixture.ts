import type { TraceEvent, TraceParty } from '@imslab/ims-core/trace/event';

export const alice: TraceParty = { node: 'ue', id: '001010000000001', label: 'Alice' };
export const bob: TraceParty = { node: 'ue', id: '001010000000002', label: 'Bob' };
export const pcscf: TraceParty = { node: 'pcscf', id: '', label: 'P-CSCF' };
export const icscf: TraceParty = { node: 'icscf', id: '', label: 'I-CSCF' };
export const hss: TraceParty = { node: 'hss', id: '', label: 'HSS' };
export const relay: TraceParty = { node: 'relay', id: '', label: 'Media relay' };

interface Common {
  readonly seq: number;
  readonly from: TraceParty;
  readonly to: TraceParty;
  readonly time?: number;
  readonly cause?: number | null;
}

function base({ seq, from, to, time = seq * 10, cause = null }: Common) {
  return { seq, from, to, time, cause };
}

interface SipEvent extends Common {
  readonly method: string;
  /** 0: a request. */
  readonly status?: number;
  readonly callId: string;
  /** Event package of a subscription. */
  readonly event?: string;
}

export function sipEvent({ method, status = 0, callId, event = '', ...common }: SipEvent): TraceEvent {
  return {
    ...base(common),
    kind: 'sip',
    sip: {
      transport: 'ws',
      method: status === 0 ? method : '',
      status,
      reason: status === 0 ? '' : 'Reason',
      requestUri: '',
      callId,
      cseq: `1 ${method}`,
      fromUri: `sip:${common.from.label.toLowerCase()}@ims.example`,
      toUri: 'sip:bob@ims.example',
      fromTag: '',
      toTag: '',
      icid: '',
      sdp: false,
      aka: '',
      raw: event === '' ? '' : `Event: ${event}\r\n`,
      changes: [],
      retransmission: false,
    },
  };
}

interface DiameterEvent extends Common {
  readonly command: string;
  readonly resultCode?: number;
}

export function diameterEvent({ command, resultCode = 0, ...common }: DiameterEvent): TraceEvent {
  return {
    ...base(common),
    kind: 'diameter',
    diameter: {
      command,
      commandCode: 300,
      request: resultCode === 0,
      applicationId: 16777216,
      hopByHop: 1,
      endToEnd: 1,
      sessionId: '',
      resultCode,
      resultVendor: 0,
      resultName: '',
      userName: '',
      publicIdentity: '',
      avps: [],
      length: 20,
    },
  };
}

export function mediaEvent({ what, callId, ...common }: Common & { what: string; callId: string }): TraceEvent {
  return { ...base(common), kind: 'media', media: { what, callId, detail: '' } };
}

export function noteEvent({ code, text, ...common }: Common & { code: string; text: string }): TraceEvent {
  return { ...base(common), kind: 'note', note: { code, text } };
}
