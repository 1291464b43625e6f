import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  InitialFilterCriterion,
  ProfilePart,
  RegistrationType,
  ServicePointTrigger,
  SessionCase,
} from '../../ports/service-profile.ts';
import { registrationTypes, sessionCases } from '../../ports/service-profile.ts';
import { parseUserData } from '../../protocols/cx/user-data.ts';
import { request } from '../../protocols/sip/build.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { evaluateCriterion, selectService, type TriggeringRequest } from './initial-filter-criteria.ts';

const D = 'ims.mnc001.mcc001.3gppnetwork.org';
const FOLDER = path.resolve(import.meta.dirname, '../../../test/service-profiles');
const [ORIG, TERM, UNREG, ORIG_UNREG, CDIV] = sessionCases;

function criteriaOf(file: string): readonly InitialFilterCriterion[] {
  const parsed = parseUserData(readFileSync(path.join(FOLDER, file), 'utf8'));
  if (!parsed.ok) return expect.fail(`${file}: ${parsed.error.element} ${parsed.error.text}`);
  return parsed.value.serviceProfiles.flatMap((profile) => profile.initialFilterCriteria);
}

interface Asked {
  readonly method?: string;
  readonly uri?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly sdp?: string;
  /** Of the body that holds the SDP. */
  readonly type?: string;
  readonly event?: SessionCase | RegistrationType;
  readonly part?: ProfilePart;
}

function asking({
  method = 'INVITE',
  uri = `sip:bob@${D}`,
  headers = [],
  sdp,
  type = 'application/sdp',
  event = ORIG,
  part,
}: Asked): TriggeringRequest {
  const body = sdp === undefined ? [] : [['Content-Type', type] as const];
  const sessionCase = sessionCases.find((each) => each === event);
  const registrationType = registrationTypes.find((each) => each === event) ?? 'INITIAL_REGISTRATION';
  const isUnregistered = sessionCase === UNREG || sessionCase === ORIG_UNREG;
  return {
    message: request(method, uri, [...headers, ...body], sdp),
    event: sessionCase === undefined ? { registrationType } : { sessionCase },
    profilePart: part ?? (isUnregistered ? 'UNREGISTERED' : 'REGISTERED'),
  };
}

/** Names of the servers whose criteria are fulfilled. */
function servers(criteria: readonly InitialFilterCriterion[], asked: Asked): readonly string[] {
  return criteria
    .filter((criterion) => evaluateCriterion(criterion, asking(asked)).fulfilled)
    .map(({ applicationServer }) => /^sip:(\w+)\./.exec(applicationServer.serverName)?.[1] ?? '');
}

const VIDEO = 'v=0\r\nm=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 96\r\na=sendonly\r\n';
const ICSI = 'urn:urn-7:3gpp-service.ims.icsi.mmtel';

describe('the criteria of a profile', () => {
  const rows: readonly [file: string, what: string, asked: Asked, fulfilled: readonly string[]][] = [
    ['mmtel-and-voicemail.xml', 'a call of the user', {}, ['mmtel']],
    ['mmtel-and-voicemail.xml', 'a call to the user', { event: TERM }, []],
    ['mmtel-and-voicemail.xml', 'a message of the user', { method: 'MESSAGE' }, []],
    ['mmtel-and-voicemail.xml', 'a registration', { method: 'REGISTER', event: 'INITIAL_REGISTRATION' }, ['mmtel']],
    ['mmtel-and-voicemail.xml', 'a refresh', { method: 'REGISTER', event: 'RE_REGISTRATION' }, []],
    ['mmtel-and-voicemail.xml', 'a de-registration', { method: 'REGISTER', event: 'DE_REGISTRATION' }, ['mmtel']],
    ['mmtel-and-voicemail.xml', 'a call to the unregistered user', { event: UNREG }, ['vm']],
    ['mmtel-and-voicemail.xml', 'that call while registered', { event: UNREG, part: 'REGISTERED' }, []],
    [
      'mmtel-and-voicemail.xml',
      'push-to-talk to the unregistered user',
      { event: UNREG, headers: [['P-Asserted-Service', `${ICSI}.push-to-talk`]] },
      [],
    ],
    ['always-on.xml', 'a call', { event: TERM }, ['mmtel']],
    ['always-on.xml', 'a message to the unregistered user', { method: 'MESSAGE', event: UNREG }, ['mmtel']],
    ['always-on.xml', 'a registration', { method: 'REGISTER', event: 'RE_REGISTRATION' }, ['mmtel']],
    ['groups-in-cnf.xml', 'a call of the user', {}, ['screening']],
    ['groups-in-cnf.xml', 'a call to the user', { event: TERM }, []],
    ['groups-in-cnf.xml', 'a message to the user', { method: 'MESSAGE', event: TERM }, ['screening']],
    ['groups-in-cnf.xml', 'OPTIONS of the user', { method: 'OPTIONS' }, []],
    ['groups-in-cnf.xml', 'a call abroad', { uri: 'tel:+441632960083' }, []],
    ['groups-in-cnf.xml', 'a call at home', { uri: 'tel:+15550001002' }, ['screening']],
    ['groups-in-cnf.xml', 'a user part that looks abroad', { uri: `sip:+441632960083@${D}` }, ['screening']],
    ['media-of-the-offer.xml', 'one-way video', { sdp: VIDEO }, ['video']],
    ['media-of-the-offer.xml', 'two-way video', { sdp: VIDEO.replace('sendonly', 'sendrecv') }, []],
    ['media-of-the-offer.xml', 'refused video', { sdp: VIDEO.replace('4002', '0') }, []],
    ['media-of-the-offer.xml', 'a bandwidth', { sdp: `${VIDEO}b=AS:64\r\n` }, ['video', 'bandwidth']],
    ['media-of-the-offer.xml', 'no offer', {}, []],
    [
      'media-of-the-offer.xml',
      'one-way video in a part of the body',
      { type: 'multipart/mixed;boundary=b', sdp: `--b\r\nContent-Type: application/sdp\r\n\r\n${VIDEO}\r\n--b--` },
      ['video'],
    ],
    ['media-of-the-offer.xml', 'text that looks like an offer', { type: 'text/plain', sdp: VIDEO }, []],
    ['absent-header.xml', 'a call without wishes', {}, ['anonymous', 'routine']],
    ['absent-header.xml', 'a diverted call', { event: CDIV }, ['anonymous', 'routine']],
    ['absent-header.xml', 'a call to the user', { event: TERM }, ['routine']],
    ['absent-header.xml', 'an anonymous call', { headers: [['Privacy', 'id']] }, ['routine']],
    ['absent-header.xml', 'an urgent call', { headers: [['Priority', 'urgent']] }, ['anonymous']],
    ['absent-header.xml', 'a patient call', { headers: [['priority', 'non-urgent']] }, ['anonymous', 'routine']],
    [
      'absent-header.xml',
      'a service that is asserted',
      { headers: [['P-Asserted-Service', ICSI]] },
      ['anonymous', 'routine', 'icsi'],
    ],
    [
      'absent-header.xml',
      'a service in the second of two compact values',
      { headers: [['a', `*;audio, *;+g.3gpp.icsi-ref="${ICSI.replaceAll(':', '%3A')}"`]] },
      ['anonymous', 'routine', 'icsi'],
    ],
    [
      'registration-types.xml',
      'a registration',
      { method: 'REGISTER', event: 'INITIAL_REGISTRATION' },
      ['initial', 'ends', 'all'],
    ],
    ['registration-types.xml', 'a refresh', { method: 'REGISTER', event: 'RE_REGISTRATION' }, ['refresh', 'all']],
    ['registration-types.xml', 'a de-registration', { method: 'REGISTER', event: 'DE_REGISTRATION' }, ['ends', 'all']],
    ['registration-types.xml', 'a call', {}, ['calls']],
    ['shared-set-only.xml', 'a call', {}, []],
    ['shared-set-only.xml', 'a registration', { method: 'REGISTER', event: 'INITIAL_REGISTRATION' }, []],
  ];

  it.each(rows)('%s: %s', (file, _what, asked, fulfilled) => {
    expect(servers(criteriaOf(file), asked)).toEqual(fulfilled);
  });
});

/** A criterion with one trigger. */
function oneTrigger(condition: ServicePointTrigger['condition'], conditionNegated = false): InitialFilterCriterion {
  return {
    priority: 0,
    triggerPoint: { conditionTypeCnf: false, servicePointTriggers: [{ conditionNegated, groups: [0], condition }] },
    applicationServer: {
      serverName: 'sip:x.example',
      defaultHandling: 'SESSION_CONTINUED',
      includeRegisterRequest: false,
      includeRegisterResponse: false,
    },
  };
}

const holds = (condition: ServicePointTrigger['condition'], asked: Asked, negated = false): boolean =>
  evaluateCriterion(oneTrigger(condition, negated), asking(asked)).fulfilled;

describe('a service point trigger', () => {
  it.each<[SessionCase, SessionCase, boolean, boolean]>(
    sessionCases.flatMap((wanted) =>
      sessionCases.map((present): [SessionCase, SessionCase, boolean, boolean] => [
        wanted,
        present,
        wanted === present,
        wanted !== present,
      ]),
    ),
  )('for session case %s sees %s as %s, negated as %s', (wanted, present, plain, negated) => {
    const condition = { kind: 'SessionCase', sessionCase: wanted } as const;
    const part = 'REGISTERED';
    expect(holds(condition, { event: present, part })).toBe(plain);
    expect(holds(condition, { event: present, part }, true)).toBe(negated);
  });

  it.each([
    ['host', `^${D.replaceAll('.', '\\.')}$`, `sip:bob@${D}`, true],
    ['host and port', ':5080$', `sip:bob@${D}:5080;lr`, true],
    ['not the user part', 'bob', `sip:bob@${D}`, false],
    ['not the parameters', 'phone', `sip:bob@${D};user=phone`, false],
    ['number and its parameters', '^\\+1555.*phone-context', 'tel:+15550001002;phone-context=x', true],
    ['the whole of a URN', '^urn:service:sos', 'urn:service:sos.fire', true],
  ])('for the Request-URI looks at %s', (_, pattern, uri, expected) => {
    expect(holds({ kind: 'RequestURI', pattern }, { uri })).toBe(expected);
  });

  it.each<[string, string, string | undefined, readonly (readonly [string, string])[], boolean]>([
    ['the whole name only', 'To', undefined, [['History-Info', '<sip:a@b>']], false],
    ['any case of letters', 'subject', undefined, [['SUBJECT', 'x']], true],
    ['the compact form', 'Subject', '^x$', [['s', 'x']], true],
    ['several names', '(P-)?Asserted.*|Subject', undefined, [['Subject', 'x']], true],
    ['each value of a comma list', 'Allow', '^BYE$', [['Allow', 'INVITE, BYE']], true],
    [
      'each line',
      'Subject',
      '^b$',
      [
        ['Subject', 'a'],
        ['Subject', 'b'],
      ],
      true,
    ],
    ['white space as one space', 'Subject', '^a b$', [['Subject', 'a  \t b']], true],
    ['letters of a value as they are', 'Subject', 'URGENT', [['Subject', 'urgent']], false],
  ])('for a header reads %s', (_, name, content, headers, expected) => {
    const condition = { kind: 'SIPHeader', header: name, ...(content !== undefined && { content }) } as const;
    expect(holds(condition, { headers })).toBe(expected);
    expect(holds(condition, { headers }, true)).toBe(!expected);
  });

  it('for a method is exact', () => {
    const condition = { kind: 'Method', method: 'INVITE', registrationTypes: [] } as const;
    expect(['INVITE', 'invite', 'REINVITE'].map((method) => holds(condition, { method }))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('tells why its pattern can not be used, and never matches then', () => {
    for (const negated of [false, true]) {
      const broken = oneTrigger({ kind: 'SIPHeader', header: 'Subject', content: '[' }, negated);
      const { fulfilled, triggers } = evaluateCriterion(broken, asking({}));
      expect(fulfilled).toBe(false);
      expect(triggers[0]).toMatchObject({ result: false, unusable: expect.stringContaining('[: ') });
    }
  });
});

describe('an evaluation', () => {
  it('says of each condition whether it held', () => {
    const [dnf] = criteriaOf('mmtel-and-voicemail.xml');
    const { triggers } = evaluateCriterion(dnf ?? expect.fail('there is one'), asking({}));
    expect(triggers.map(({ trigger, result }) => [trigger.condition.kind, result])).toEqual([
      ['Method', true],
      ['SessionCase', true],
      ['Method', false],
    ]);
  });

  it('leaves out the session case of a REGISTER', () => {
    const [, , , all] = criteriaOf('registration-types.xml');
    const asked = asking({ method: 'REGISTER', event: 'RE_REGISTRATION' });
    expect(evaluateCriterion(all ?? expect.fail('there is one'), asked).triggers.map(({ result }) => result)).toEqual([
      true,
      'not evaluated',
    ]);
    expect(evaluateCriterion(oneTrigger({ kind: 'SessionCase', sessionCase: ORIG }), asked).fulfilled).toBe(false);
  });
});

describe('the selection of a server', () => {
  const always = (priority: number): InitialFilterCriterion => {
    const { triggerPoint: _none, ...rest } = oneTrigger({ kind: 'SessionCase', sessionCase: ORIG });
    return { ...rest, priority };
  };

  it('goes up by priority, whatever the order of the profile', () => {
    const criteria = [always(30), always(4), always(100)];
    const order: number[] = [];
    for (let after: number | undefined; ; after = order.at(-1)) {
      const { selected } = selectService(criteria, asking({}), after);
      if (selected === undefined) break;
      order.push(selected.priority);
    }
    expect(order).toEqual([4, 30, 100]);
  });

  it('tells of every criterion that it looked at', () => {
    const criteria = [always(3), { ...always(2), profilePart: 'UNREGISTERED' as const }, always(1)];
    const { selected, evaluations } = selectService(criteria, asking({}), 1);
    expect(selected?.priority).toBe(3);
    expect(evaluations.map(({ criterion, fulfilled }) => [criterion.priority, fulfilled])).toEqual([
      [2, false],
      [3, true],
    ]);
  });
});

describe('any trigger point', () => {
  const METHODS = ['INVITE', 'MESSAGE', 'OPTIONS'] as const;
  const HEADERS = ['Subject', 'Priority', 'Privacy'] as const;
  const spt = fc.record({
    conditionNegated: fc.boolean(),
    groups: fc.uniqueArray(fc.nat({ max: 4 }), { minLength: 1, maxLength: 3 }),
    condition: fc.oneof(
      fc.constantFrom(...METHODS).map((method) => ({ kind: 'Method' as const, method, registrationTypes: [] })),
      fc.constantFrom(...sessionCases).map((sessionCase) => ({ kind: 'SessionCase' as const, sessionCase })),
      fc.constantFrom(...HEADERS).map((header) => ({ kind: 'SIPHeader' as const, header })),
    ),
  });
  const asked = fc.record({
    method: fc.constantFrom(...METHODS),
    event: fc.constantFrom(...sessionCases),
    present: fc.subarray([...HEADERS]),
  });
  const criterionOf = (conditionTypeCnf: boolean, servicePointTriggers: readonly ServicePointTrigger[]) => ({
    ...oneTrigger({ kind: 'SessionCase', sessionCase: ORIG }),
    triggerPoint: { conditionTypeCnf, servicePointTriggers },
  });
  const asRequest = ({ method, event, present }: { method: string; event: SessionCase; present: readonly string[] }) =>
    asking({ method, event, headers: present.map((name) => [name, 'x'] as const), part: 'REGISTERED' });

  /** The expression written out and worked out group by group. */
  function oracle(cnf: boolean, spts: readonly ServicePointTrigger[], { message, event }: TriggeringRequest): boolean {
    const value = ({ condition, conditionNegated }: ServicePointTrigger): boolean => {
      const plain =
        condition.kind === 'Method'
          ? message.method === condition.method
          : condition.kind === 'SessionCase'
            ? 'sessionCase' in event && event.sessionCase === condition.sessionCase
            : condition.kind === 'SIPHeader' && hasHeader(message, condition.header);
      return conditionNegated ? !plain : plain;
    };
    const written = [0, 1, 2, 3, 4].filter((group) => spts.some(({ groups }) => groups.includes(group)));
    let whole = cnf;
    for (const group of written) {
      let inner = !cnf;
      for (const each of spts) {
        if (!each.groups.includes(group)) continue;
        inner = cnf ? inner || value(each) : inner && value(each);
      }
      whole = cnf ? whole && inner : whole || inner;
    }
    return whole;
  }
  const hasHeader = (message: SipRequest, name: string): boolean =>
    message.headers.some((field) => field.name === name);

  it('is worked out as CNF and as DNF', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(spt, { minLength: 1, maxLength: 8 }), asked, (cnf, spts, each) => {
        const triggering = asRequest(each);
        expect(evaluateCriterion(criterionOf(cnf, spts), triggering).fulfilled).toBe(oracle(cnf, spts, triggering));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is in CNF the opposite of its DNF with all conditions turned', () => {
    fc.assert(
      fc.property(fc.array(spt, { minLength: 1, maxLength: 8 }), asked, (spts, each) => {
        const turned = spts.map((trigger) => ({ ...trigger, conditionNegated: !trigger.conditionNegated }));
        const triggering = asRequest(each);
        expect(evaluateCriterion(criterionOf(true, spts), triggering).fulfilled).toBe(
          !evaluateCriterion(criterionOf(false, turned), triggering).fulfilled,
        );
      }),
    );
  });

  it('is worked out whatever its patterns and the request are', () => {
    const pattern = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('(a+)+$', '(.*)*x', '[[:alpha:]]*', '\\'));
    const condition = fc.oneof(
      pattern.map((text) => ({ kind: 'RequestURI' as const, pattern: text })),
      fc.tuple(pattern, pattern).map(([header, content]) => ({ kind: 'SIPHeader' as const, header, content })),
      fc.tuple(pattern, pattern).map(([line, content]) => ({ kind: 'SessionDescription' as const, line, content })),
    );
    fc.assert(
      fc.property(condition, fc.boolean(), fc.string(), fc.string(), (each, negated, uri, sdp) => {
        evaluateCriterion(oneTrigger(each, negated), asking({ uri, sdp, headers: [['Subject', uri]] }));
      }),
      { numRuns: 500 },
    );
  });
});
