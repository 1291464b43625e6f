import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ImsSubscription, registrationTypes, sessionCases } from '../../ports/service-profile.ts';
import { buildUserData, MAX_USER_DATA_LENGTH, parseUserData } from './user-data.ts';

const domain = 'ims.mnc001.mcc001.3gppnetwork.org';
const xml = `<?xml version="1.0" encoding="UTF-8"?>
<IMSSubscription xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <PrivateID> 001010000000001@${domain} </PrivateID>
 <ServiceProfile>
  <PublicIdentity><BarringIndication>1</BarringIndication><Identity>sip:001010000000001@${domain}</Identity></PublicIdentity>
  <PublicIdentity><Identity>sip:+15550001001@${domain}</Identity>
   <Extension><IdentityType>0</IdentityType><Extension><DisplayName>Al &amp; &#233;</DisplayName><AliasIdentityGroupID>1</AliasIdentityGroupID></Extension></Extension></PublicIdentity>
  <CoreNetworkServicesAuthorization><SubscribedMediaProfileId>1</SubscribedMediaProfileId></CoreNetworkServicesAuthorization>
  <InitialFilterCriteria>
   <Priority>10</Priority>
   <TriggerPoint><ConditionTypeCNF>0</ConditionTypeCNF>
    <SPT><ConditionNegated>0</ConditionNegated><Group>0</Group><Group>2</Group><Method>INVITE</Method><Extension/></SPT>
    <SPT><ConditionNegated>0</ConditionNegated><Group>0</Group><SessionCase>0</SessionCase><Extension/></SPT>
    <SPT><ConditionNegated>false</ConditionNegated><Group>1</Group><Method>REGISTER</Method><Extension><RegistrationType>0</RegistrationType><RegistrationType>2</RegistrationType></Extension></SPT>
    <SPT><ConditionNegated>true</ConditionNegated><Group>1</Group><SIPHeader><Header>P-Asserted-Service</Header><Content>.*push-to-talk.*</Content></SIPHeader></SPT>
    <SPT><Group>1</Group><SessionDescription><Line>m</Line><Content>video</Content></SessionDescription></SPT>
    <SPT><Group>1</Group><RequestURI>example</RequestURI></SPT>
   </TriggerPoint>
   <ApplicationServer><ServerName>sip:mmtel.as.${domain}:5080;lr</ServerName><DefaultHandling>1</DefaultHandling><ServiceInfo>mmtel-orig</ServiceInfo>
    <Extension><IncludeRegisterRequest/><IncludeRegisterResponse/></Extension></ApplicationServer>
   <ProfilePartIndicator>1</ProfilePartIndicator>
  </InitialFilterCriteria>
  <InitialFilterCriteria><Priority>20</Priority><ApplicationServer><ServerName>sip:vm.as.${domain}</ServerName></ApplicationServer></InitialFilterCriteria>
  <Extension><SharedIFCSetID>7</SharedIFCSetID></Extension>
 </ServiceProfile>
</IMSSubscription>`;

const subscription: ImsSubscription = {
  privateId: `001010000000001@${domain}`,
  serviceProfiles: [
    {
      publicIdentities: [
        { identity: `sip:001010000000001@${domain}`, barred: true, identityType: 0 },
        {
          identity: `sip:+15550001001@${domain}`,
          barred: false,
          identityType: 0,
          displayName: 'Al & é',
          aliasGroup: '1',
        },
      ],
      subscribedMediaProfileId: 1,
      initialFilterCriteria: [
        {
          priority: 10,
          triggerPoint: {
            conditionTypeCnf: false,
            servicePointTriggers: [
              {
                conditionNegated: false,
                groups: [0, 2],
                condition: { kind: 'Method', method: 'INVITE', registrationTypes: [] },
              },
              {
                conditionNegated: false,
                groups: [0],
                condition: { kind: 'SessionCase', sessionCase: 'ORIGINATING_REGISTERED' },
              },
              {
                conditionNegated: false,
                groups: [1],
                condition: {
                  kind: 'Method',
                  method: 'REGISTER',
                  registrationTypes: ['INITIAL_REGISTRATION', 'DE_REGISTRATION'],
                },
              },
              {
                conditionNegated: true,
                groups: [1],
                condition: { kind: 'SIPHeader', header: 'P-Asserted-Service', content: '.*push-to-talk.*' },
              },
              {
                conditionNegated: false,
                groups: [1],
                condition: { kind: 'SessionDescription', line: 'm', content: 'video' },
              },
              { conditionNegated: false, groups: [1], condition: { kind: 'RequestURI', pattern: 'example' } },
            ],
          },
          applicationServer: {
            serverName: `sip:mmtel.as.${domain}:5080;lr`,
            defaultHandling: 'SESSION_TERMINATED',
            serviceInfo: 'mmtel-orig',
            includeRegisterRequest: true,
            includeRegisterResponse: true,
          },
          profilePart: 'UNREGISTERED',
        },
        {
          priority: 20,
          applicationServer: {
            serverName: `sip:vm.as.${domain}`,
            defaultHandling: 'SESSION_CONTINUED',
            includeRegisterRequest: false,
            includeRegisterResponse: false,
          },
        },
      ],
      sharedIfcSetIds: [7],
    },
  ],
};

describe('parseUserData', () => {
  it('reads every element of the schema', () => {
    expect(parseUserData(xml)).toEqual({ ok: true, value: subscription });
  });

  it('reads elements that carry a namespace prefix, and skips the ones it does not know', () => {
    const prefixed = `<ims:IMSSubscription xmlns:ims="urn:x"><ims:PrivateID>a@b</ims:PrivateID><ims:New/><ims:ServiceProfile>
      <ims:PublicIdentity><ims:Identity>sip:a@b</ims:Identity><ims:New>1</ims:New></ims:PublicIdentity></ims:ServiceProfile></ims:IMSSubscription>`;
    expect(parseUserData(prefixed)).toMatchObject({
      ok: true,
      value: { privateId: 'a@b', serviceProfiles: [{ publicIdentities: [{ identity: 'sip:a@b' }] }] },
    });
  });

  it.each([
    ['nothing', '', 'CX_USER_DATA_XML', ''],
    ['plain text', 'hello', 'CX_USER_DATA_XML', ''],
    ['an element that is not closed', '<IMSSubscription>', 'CX_USER_DATA_XML', ''],
    ['a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${xml.slice(38)}`, 'CX_USER_DATA_XML', ''],
    ['a document that is too long', ' '.repeat(MAX_USER_DATA_LENGTH + 1), 'CX_USER_DATA_TOO_LONG', ''],
    ['nesting that is too deep', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`, 'CX_USER_DATA_XML', ''],
    ['another root', '<Sh-Data/>', 'CX_USER_DATA_SCHEMA', ''],
    ['no PrivateID', xml.replace(/<PrivateID>.*<\/PrivateID>/, ''), 'CX_USER_DATA_SCHEMA', 'IMSSubscription'],
    [
      'two PrivateIDs',
      xml.replace('<PrivateID>', '<PrivateID>x</PrivateID><PrivateID>'),
      'CX_USER_DATA_SCHEMA',
      'IMSSubscription',
    ],
    [
      'an empty Identity',
      xml.replace(/<Identity>sip:001[^<]*/, '<Identity>'),
      'CX_USER_DATA_SCHEMA',
      'IMSSubscription/ServiceProfile/PublicIdentity/Identity',
    ],
    [
      'a barring that is no Boolean',
      xml.replace('<BarringIndication>1', '<BarringIndication>yes'),
      'CX_USER_DATA_SCHEMA',
      'IMSSubscription/ServiceProfile/PublicIdentity/BarringIndication',
    ],
    [
      'a negative Priority',
      xml.replace('<Priority>10', '<Priority>-1'),
      'CX_USER_DATA_SCHEMA',
      'IMSSubscription/ServiceProfile/InitialFilterCriteria/Priority',
    ],
    [
      'a SessionCase out of range',
      xml.replace('<SessionCase>0', '<SessionCase>5'),
      'CX_USER_DATA_SCHEMA',
      'IMSSubscription/ServiceProfile/InitialFilterCriteria/TriggerPoint/SPT/SessionCase',
    ],
    [
      'elements where a text belongs',
      xml.replace('INVITE', '<a/>'),
      'CX_USER_DATA_SCHEMA',
      'IMSSubscription/ServiceProfile/InitialFilterCriteria/TriggerPoint/SPT/Method',
    ],
  ])('reports %s', (_what, document, code, element) => {
    expect(parseUserData(document)).toMatchObject({ ok: false, error: { code, element } });
  });

  it('never throws, whatever is changed in a document', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('<', '>', '&', '</', '<![CDATA[', '<!--', '<__proto__>', '&#0;'),
    );
    fc.assert(
      fc.property(fc.nat(xml.length), fc.nat(60), piece, (at, cut, inserted) => {
        expect(typeof parseUserData(xml.slice(0, at) + inserted + xml.slice(at + cut)).ok).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });
});

/** Text as XML can carry it: no control characters and no lone surrogates. */
const xmlText = fc
  .string({ unit: 'grapheme' })
  .filter((text) => /^[\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u.test(text));
const token = xmlText.map((text) => text.trim()).filter((text) => text !== '');
const condition = fc.oneof(
  fc.record({ kind: fc.constant('RequestURI' as const), pattern: xmlText }),
  fc.record({
    kind: fc.constant('Method' as const),
    method: token,
    registrationTypes: fc.subarray([...registrationTypes]),
  }),
  fc.record(
    { kind: fc.constant('SIPHeader' as const), header: xmlText, content: xmlText },
    { requiredKeys: ['kind', 'header'] },
  ),
  fc.record({ kind: fc.constant('SessionCase' as const), sessionCase: fc.constantFrom(...sessionCases) }),
  fc.record(
    { kind: fc.constant('SessionDescription' as const), line: xmlText, content: xmlText },
    { requiredKeys: ['kind', 'line'] },
  ),
);
const servicePointTrigger = fc.record({
  conditionNegated: fc.boolean(),
  groups: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  condition,
});
const criterion = fc.record(
  {
    priority: fc.nat(),
    triggerPoint: fc.record({
      conditionTypeCnf: fc.boolean(),
      servicePointTriggers: fc.array(servicePointTrigger, { minLength: 1, maxLength: 3 }),
    }),
    applicationServer: fc.record(
      {
        serverName: token,
        defaultHandling: fc.constantFrom('SESSION_CONTINUED' as const, 'SESSION_TERMINATED' as const),
        serviceInfo: xmlText,
        includeRegisterRequest: fc.boolean(),
        includeRegisterResponse: fc.boolean(),
      },
      { requiredKeys: ['serverName', 'defaultHandling', 'includeRegisterRequest', 'includeRegisterResponse'] },
    ),
    profilePart: fc.constantFrom('REGISTERED' as const, 'UNREGISTERED' as const),
  },
  { requiredKeys: ['priority', 'applicationServer'] },
);
const publicIdentity = fc.record(
  { identity: token, barred: fc.boolean(), identityType: fc.nat(4), displayName: xmlText, aliasGroup: token },
  { requiredKeys: ['identity', 'barred', 'identityType'] },
);
const anySubscription: fc.Arbitrary<ImsSubscription> = fc.record({
  privateId: token,
  serviceProfiles: fc.array(
    fc.record(
      {
        publicIdentities: fc.array(publicIdentity, { minLength: 1, maxLength: 3 }),
        subscribedMediaProfileId: fc.nat(),
        initialFilterCriteria: fc.array(criterion, { maxLength: 2 }),
        sharedIfcSetIds: fc.array(fc.nat(), { maxLength: 2 }),
      },
      { requiredKeys: ['publicIdentities', 'initialFilterCriteria', 'sharedIfcSetIds'] },
    ),
    { minLength: 1, maxLength: 2 },
  ),
});

describe('buildUserData', () => {
  it('writes what parseUserData reads back, whatever the texts hold', () => {
    fc.assert(
      fc.property(anySubscription, (value) => {
        expect(parseUserData(buildUserData(value))).toEqual({ ok: true, value });
      }),
      { numRuns: 300 },
    );
  });

  it('writes the children in the order of the schema', () => {
    const names = [...buildUserData(subscription).matchAll(/<([A-Za-z]+)/g)].map(([, name]) => name);
    expect(names.join(' ')).toBe(
      [
        'IMSSubscription PrivateID ServiceProfile',
        'PublicIdentity BarringIndication Identity Extension IdentityType',
        'PublicIdentity Identity Extension IdentityType Extension DisplayName AliasIdentityGroupID',
        'CoreNetworkServicesAuthorization SubscribedMediaProfileId',
        'InitialFilterCriteria Priority TriggerPoint ConditionTypeCNF',
        'SPT ConditionNegated Group Group Method SPT ConditionNegated Group SessionCase',
        'SPT ConditionNegated Group Method Extension RegistrationType RegistrationType',
        'SPT ConditionNegated Group SIPHeader Header Content SPT ConditionNegated Group SessionDescription Line Content',
        'SPT ConditionNegated Group RequestURI',
        'ApplicationServer ServerName DefaultHandling ServiceInfo Extension IncludeRegisterRequest IncludeRegisterResponse',
        'ProfilePartIndicator',
        'InitialFilterCriteria Priority ApplicationServer ServerName DefaultHandling',
        'Extension SharedIFCSetID',
      ].join(' '),
    );
  });

  it('replaces characters that XML cannot carry', () => {
    const [profile] = subscription.serviceProfiles;
    if (profile === undefined) throw new Error('the sample has a profile');
    const written = buildUserData({ privateId: 'a\u0001b\u0000c', serviceProfiles: [profile] });
    expect(parseUserData(written)).toMatchObject({ ok: true, value: { privateId: 'a\uFFFDb\uFFFDc' } });
  });
});
